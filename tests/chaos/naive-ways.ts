import type { Client } from 'pg'
import type { BoundaryStore, EventStore } from 'reprise/adapter'

/** Ways to append on a condition that look right, and are not. */
export type NaiveWay =
  | 'no condition'
  | 'no locks'
  | 'lock and check in one statement'
  | 'the highest position for what was seen'
  | 'decided up to the horizon'

type Reading = BoundaryStore['readMatching']

const highest =
  (readMatching: Reading): Reading =>
  (query, range) =>
  async () => {
    const read = await readMatching(query, range)()
    if (read._tag === 'Left') return read
    const { events, sight } = read.right
    const after = Math.max(range.sight?.after ?? 0, events.at(-1)?.position ?? 0)
    return { ...read, right: { ...read.right, sight: { ...sight, after, count: 0 } } }
  }

const upToHorizon =
  (readMatching: Reading): Reading =>
  (query, range) =>
  async () => {
    const read = await readMatching(query, range)()
    if (read._tag === 'Left') return read
    const { sight } = read.right
    const events = read.right.events.filter(({ position }) => position <= sight.after)
    return { ...read, right: { ...read.right, events, sight: { ...sight, count: 0 } } }
  }

/** A store that goes about it naively. Two of the ways change the database instead: see {@link plant}. */
export const naively = (
  way: NaiveWay | undefined,
  store: EventStore & BoundaryStore,
): EventStore & BoundaryStore => {
  const reading = (change: (readMatching: Reading) => Reading): typeof store => ({
    ...store,
    readMatching: change(store.readMatching),
    appendLocked: (likely, decide) =>
      store.appendLocked(likely, (readMatching) => decide(change(readMatching))),
  })
  switch (way) {
    case 'no condition':
      return { ...store, appendTogether: ({ streams }) => store.appendTogether({ streams }) }
    case 'the highest position for what was seen':
      return reading(highest)
    case 'decided up to the horizon':
      return reading(upToHorizon)
    case 'no locks':
    case 'lock and check in one statement':
    case undefined:
      return store
  }
}

const LOCKS = 'if cardinality(lock_names) > 0 then'
const CHECK = 'from "reprise".matching(item_queries'
const LOCKED = `(select count(case when n.alone then pg_advisory_xact_lock(n.space, n.key)::text
      else pg_advisory_xact_lock_shared(n.space, n.key)::text end)
    from (select (q.tableoid::bigint & 16777215)::integer as space, n.key, n.alone
      from "reprise".events_position_seq q,
        (select hashtext(l.name) as key, bool_or(l.alone) as alone
           from unnest(lock_names, lock_alone) as l(name, alone) group by 1) n
      order by n.key offset 0) n) locked`

const PARTS: Partial<Record<NaiveWay, ReadonlyArray<readonly [part: string, by: string]>>> = {
  'no locks': [[LOCKS, 'if false then']],
  'lock and check in one statement': [
    [LOCKS, 'if cardinality(lock_names) > 0 and cardinality(condition_units) = 0 then'],
    [CHECK, `from ${LOCKED}, "reprise".matching(item_queries`],
  ],
}

/** Replaces parts of the function that appends, for good. */
export const plant = async (admin: Client, way: NaiveWay): Promise<void> => {
  const parts = PARTS[way]
  if (parts === undefined) return
  const { rows } = await admin.query<{ text: string }>(
    `select pg_get_functiondef(oid) as text from pg_proc where proname = 'append_together'`,
  )
  let text = rows[0]?.text ?? ''
  for (const [part, by] of parts) {
    if (!text.includes(part)) throw new Error(`the function has no ${part}`)
    text = text.replace(part, () => by)
  }
  await admin.query(text)
}
