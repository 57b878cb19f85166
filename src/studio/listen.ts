import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { answerClientError, nodeListener } from '../http/node/listener'
import type { StudioOptions } from './environment'
import { openStudio } from './open-studio'

/** A studio that answers. */
export interface RunningStudio {
  /** Its address, with the token. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** It could not be started: another program has the port, for instance. */
export interface NotListening {
  readonly _tag: 'NotListening'
  readonly message: string
}

const HOST = '127.0.0.1'
/** Bytes of a secret: nobody guesses 256 bits. */
const SECRET = 32

const secret = (): string => randomBytes(SECRET).toString('base64url')

/**
 * Starts the studio on 127.0.0.1: no other machine can reach it.
 *
 * @param port - 0 to 65,535; 0: a free one.
 *
 * Fails with `NotListening`: the port is taken, or not permitted.
 */
export const startStudio =
  (options: StudioOptions, port: number): TaskEither<NotListening, RunningStudio> =>
  () => {
    const secrets = { token: secret(), session: secret() }
    const server = createServer(nodeListener(openStudio(options, secrets)))
    server.on('clientError', answerClientError)
    return new Promise((resolve) => {
      server.once('error', (error) => {
        resolve(
          E.left({
            _tag: 'NotListening',
            message: `The studio cannot listen on port ${port}: ${error.message}. Choose another one with --port.`,
          }),
        )
      })
      server.listen(port, HOST, () => {
        const address = server.address() as AddressInfo
        resolve(
          E.right({
            url: `http://${HOST}:${address.port}/?token=${secrets.token}`,
            close: () =>
              new Promise((closed) => {
                server.close(() => closed())
                server.closeAllConnections()
              }),
          }),
        )
      })
    })
  }
