// Who takes part: what is known about them without loading them. `run` names the module in this folder that
// a process of its own loads. Such a module has
//
//   migrate(url)         makes its tables, as its own documentation says
//   open({ url, inline, across, cell })  a session, through its public API:
//     command(stream, events)   resolves when that many deposits are stored on that stream, retrying conflicts; answers
//                               how many events were stored, if it was not one
//     conflicts()               how often it had to retry (where that can be seen)
//     catchUp(total, handle)    hands the data of every event, oldest first, to `handle`, until `total` were
//     subscribe(handle)         hands over the data of new events; resolves to a function that stops it
//     close()
//   memory()             a session on the contestant's own memory store, with stored(streams) beside command
//   preload(client, n, cell)   writes n events with SQL, in a pg client
//
// `numbers` is SQL that selects (stream, number) of every stored event, for the lost-update check.
//
// `npm run bench -- --against <ref>` loads this folder from the other commit too, by `contestants` and `load`. So what
// is written above changes only by additions: it is how an older commit, with another API, can still be measured.

const onJson = (table, stream, data) =>
  `select ${stream} as stream, (${data}->>'number')::int as number from ${table}`
const onLimit = onJson('events', 'stream_id', 'data')

export const contestants = [
  {
    id: 'reprise',
    name: 'Reprise',
    kind: 'ours',
    offers: [
      ...['commands', 'inline', 'memory', 'catch-up', 'live', 'preload'],
      ...['conditions', 'together', 'tagged preload'],
    ],
    numbers: onJson('reprise.events', 'stream_id', 'data'),
  },
  {
    id: 'emmett',
    name: 'Emmett',
    package: '@event-driven-io/emmett-postgresql',
    kind: 'peer',
    offers: ['commands', 'inline', 'catch-up', 'live', 'memory'],
    numbers: onJson('emt_messages', 'stream_id', 'message_data'),
  },
  {
    id: 'castore',
    name: 'Castore',
    package: '@castore/event-storage-adapter-postgres',
    kind: 'peer',
    offers: ['commands', 'memory'],
    numbers: onJson('event', 'aggregate_id', 'data'),
  },
  {
    id: 'evtstore',
    name: 'evtstore',
    package: 'evtstore',
    kind: 'peer',
    offers: ['commands', 'catch-up', 'live', 'memory'],
    numbers: onJson('events', 'aggregate_id', 'event::jsonb'),
  },
  {
    id: 'act',
    name: 'Act',
    package: '@rotorsoft/act-pg',
    kind: 'peer',
    // Its memory store sleeps before every operation, on purpose: not measured.
    offers: ['commands', 'catch-up', 'live'],
    numbers: onJson('events', 'stream', 'data'),
  },
  {
    id: 'dcb-es',
    name: '@dcb-es',
    package: '@dcb-es/event-store-postgres',
    kind: 'peer',
    // A store without streams: only what it is made for.
    offers: ['conditions'],
    numbers: `select tags[1] as stream, (payload::json->'data'->>'number')::int as number from events`,
  },
  {
    id: 'fmodel',
    name: 'fmodel-ts',
    package: '@fraktalio/fmodel-ts',
    kind: 'peer',
    offers: ['memory'],
  },
  {
    id: 'insert',
    name: 'limit: one prepared INSERT',
    kind: 'limit',
    offers: ['commands', 'preload'],
    numbers: onLimit,
  },
  {
    id: 'transaction',
    name: 'limit: begin; insert; insert; commit',
    kind: 'limit',
    offers: ['inline'],
    numbers: onLimit,
  },
  {
    id: 'group-commit',
    name: 'limit: group-commit INSERT',
    kind: 'limit',
    offers: ['commands'],
    numbers: onLimit,
  },
  {
    id: 'keyset-read',
    name: 'limit: keyset read through pg',
    kind: 'limit',
    offers: ['catch-up', 'preload'],
    numbers: onLimit,
  },
  { id: 'map', name: 'limit: plain Map with cached state', kind: 'limit', offers: ['memory'] },
]

export const contestantNames = contestants.map(({ id }) => id)

const moduleOf = ({ id, kind }) => (kind === 'limit' ? `./limits/${id}.mjs` : `./${id}.mjs`)

/** A contestant with its module: only for the process that is its own. */
export const load = async (id) => {
  const contestant = contestants.find((candidate) => candidate.id === id)
  const { default: implementation } = await import(moduleOf(contestant))
  return { ...contestant, ...implementation }
}
