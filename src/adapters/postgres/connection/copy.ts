import type { Connection, PoolClient, Submittable } from 'pg'
import { own } from './query'

/** What of a connection of the driver COPY needs beside what is declared of it. */
interface CopyConnection extends Connection {
  /** Takes nothing but a Buffer. */
  readonly sendCopyFromChunk: (chunk: Buffer) => void
  readonly endCopyFrom: () => void
  readonly sendCopyFail: (message: string) => void
}

/** What the driver calls of a statement, but for what its kind of COPY hears. */
const statement = (text: string, ended: (error: Error | undefined) => void) => ({
  submit: (connection: Connection) => connection.query(own(text)),
  handleRowDescription: () => undefined,
  handleDataRow: () => undefined,
  handlePortalSuspended: () => undefined,
  handleEmptyQuery: () => undefined,
  handleCommandComplete: () => undefined,
  handleCopyInResponse: (connection: CopyConnection) =>
    connection.sendCopyFail('nothing is sent to this statement'),
  handleCopyData: (_message: { readonly chunk: Uint8Array }, _connection: Connection) => undefined,
  handleError: (error: Error) => ended(error),
  handleReadyForQuery: () => ended(undefined),
})

const running = (
  client: PoolClient,
  text: string,
  hearing: Partial<ReturnType<typeof statement>>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const ended = (error: Error | undefined): void => {
      if (error === undefined) resolve()
      else reject(error)
    }
    const submittable: Submittable = { ...statement(text, ended), ...hearing }
    client.query(submittable)
  })

/** Lets the server wait. */
export interface CopyFlow {
  readonly pause: () => void
  readonly resume: () => void
}

/**
 * Runs `copy ... to stdout`. Rejects as the driver does.
 *
 * @param take - is given each row. Its bytes are only there until it returns.
 */
export const copyOut = (
  client: PoolClient,
  text: string,
  take: (row: Uint8Array, flow: CopyFlow) => void,
): Promise<void> =>
  running(client, text, {
    handleCopyData: ({ chunk }, { stream }) => {
      take(chunk, { pause: () => void stream.pause(), resume: () => void stream.resume() })
      return undefined
    },
  })

/**
 * Runs `copy ... from stdin`. Rejects as the driver does.
 *
 * @param rows - in some parts: the server works on one while the next one is made. The driver copies each at once.
 */
export const copyIn = (client: PoolClient, text: string, rows: Iterable<Buffer>): Promise<void> =>
  running(client, text, {
    handleCopyInResponse: (connection) => {
      for (const some of rows) connection.sendCopyFromChunk(some)
      connection.endCopyFrom()
    },
  })
