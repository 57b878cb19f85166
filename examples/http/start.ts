import { runProjection } from 'reprise'
import { memory } from 'reprise/memory'
import { balances } from './gift-cards/balances'
import { type Endpoints, openEndpoints } from './gift-cards/endpoints'
import type { Listening } from './listening'

/** Runs the gift cards in memory on the port in `PORT`, 8080 by default, until it is interrupted. */
export const start = async (
  listen: (endpoints: Endpoints, port: number) => Promise<Listening>,
): Promise<void> => {
  const backend = memory()
  const stop = new AbortController()
  const projecting = runProjection(balances)(backend, { signal: stop.signal })()
  const endpoints = openEndpoints(backend, ({ error }) => {
    console.error(error)
  })
  const { url, close } = await listen(endpoints, Number(process.env['PORT'] ?? 8080))
  console.log(`Gift cards at ${url}/gift-cards/G1`)
  await new Promise((interrupted) => process.once('SIGINT', interrupted))
  await close()
  stop.abort()
  await projecting
  await backend.close()
}
