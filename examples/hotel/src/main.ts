import { createApp, serve } from './application/server.js'
import { openDatabase } from './application/database.js'
import { openHotel, runHotel } from './application/hotel.js'
import { commandRoutes, readRoutes, type Routes } from './application/routes.js'

const setting = (name: string, standard: string): string => process.env[name] ?? standard

// Each hotel is a tenant: a schema of its own in one database, and a path of its own.
const names = setting('HOTELS', 'seaside,hilltop').split(',')
const holdFor = Number(setting('HOLD_MINUTES', '15')) * 60_000

const database = await openDatabase(process.env['DATABASE_URL'], setting('DATA', '.hotel'))

const open = async (name: string) => {
  const backend = await database.open(name)
  const hotel = openHotel(backend)
  const workers = runHotel(hotel, backend, {
    holdFor,
    stopOn: ['SIGTERM', 'SIGINT'],
    onNotice: (notice) => {
      if ('error' in notice) console.error(`${name}: ${notice._tag}: ${notice.error.message}`)
    },
  })
  return { name, backend, hotel, workers }
}
const hotels = await Promise.all(names.map(open))

const json = (status: number, body: unknown): Promise<Response> =>
  Promise.resolve(Response.json(body, { status }))
const health = () => hotels.flatMap(({ workers }) => workers.health())
const probes: Routes = {
  'GET /live': () => {
    const failed = health()
      .flatMap(({ workers }) => workers)
      .filter(({ state }) => state === 'failed')
    return json(failed.length === 0 ? 200 : 500, failed)
  },
  'GET /ready': () => json(health().every(({ healthy }) => healthy) ? 200 : 503, health()),
}

const app = createApp()
serve(app, 'health', probes)
for (const { name, backend, hotel } of hotels) {
  const onFailure = ({ error }: { readonly error: unknown }) => console.error(name, error)
  serve(app, name, { ...commandRoutes(hotel, onFailure), ...readRoutes(backend, onFailure) })
}
const host = setting('HOST', '127.0.0.1')
console.log(
  `The hotels are open at ${await app.listen({ host, port: Number(setting('PORT', '3000')) })}`,
)

// SIGTERM stops the workers: each finishes its event and releases its lease. Then requests are answered to the end.
const ended = await Promise.all(hotels.map(({ workers }) => workers.ended))
await app.close()
await Promise.all(hotels.map(({ backend }) => backend.close()))
await database.close()
const unfinished = ended.flatMap((end) => end.unfinished)
console.log(unfinished.length === 0 ? 'The hotels are closed.' : `Unfinished: ${unfinished.join()}`)
