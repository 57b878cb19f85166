import type { Server } from 'node:http'
import { answerClientError } from 'reprise/http'

/** A server that accepts requests. */
export interface Listening {
  readonly url: string
  /** Answers what has arrived, and ends. */
  readonly close: () => Promise<void>
}

/** Starts a server of node. Port 0: any that is free. */
export const listening = (server: Server, port: number): Promise<Listening> =>
  new Promise((resolve, reject) => {
    server.on('clientError', answerClientError)
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const found = typeof address === 'object' && address !== null ? address.port : port
      resolve({
        url: `http://127.0.0.1:${found}`,
        close: () =>
          new Promise((done) => {
            server.close(() => {
              done()
            })
            server.closeIdleConnections()
          }),
      })
    })
  })
