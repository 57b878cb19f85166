/** A nats-server of 2.12 or newer that was given or is on the path, or `undefined`. Throws if NATS_SERVER is none. */
export declare const findNatsServer: () => string | undefined
/** A nats-server of 2.12 or newer; downloaded if there is none yet. */
export declare const natsServer: () => string
/** `2.15.1`, or `undefined` if it is no nats-server. */
export declare const natsVersion: (program: string) => string | undefined
