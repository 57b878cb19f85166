import { eventsOf, milliseconds } from '../schema/names'

// What the optimistic statements that insert events have in common.
//
// Parameters are arrays in subqueries: the planner, which cannot see how long they are, then keeps one plan for all
// lengths. Data and metadata are JSON arrays, without the escapes that an array of texts needs.

/** The columns that an insert fills. */
export const COLUMNS = 'stream_id, version, id, type, schema_version, recorded_at, data, metadata'

/** A row for every event that was stored: see StoredRow. One that is in a partition has the number of another table. */
export const stored = (schema: string): string =>
  `returning stream_id, version, position::double precision as "position",
  ${milliseconds('recorded_at')} as recorded_at, tableoid <> ${eventsOf(schema)} as partitioned`

/** Columns from array parameters, and two from JSON; rows that come from them run in parallel. */
export const unnested = (arrays: string, data: string, metadata: string): string =>
  `rows from (unnest(${arrays}),
             jsonb_array_elements((select ${data}::text::jsonb)),
             jsonb_array_elements((select ${metadata}::text::jsonb)))`
