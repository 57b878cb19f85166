// No contestant may lose an update. Every acknowledged effect is a stored event, no more and no fewer;
// and no two events of one stream carry the same number, which two decisions on one state would give.

const sqlFor = (numbers) => `
  select count(*)::int as stored, count(distinct (stream, number))::int as distinct_numbers
  from (${numbers}) as events
  where position($1 in stream) > 0`

/** What is wrong with the streams whose names contain `tag`, or undefined. */
export const lostUpdate = async (client, { numbers }, tag, acknowledged) => {
  const { rows } = await client.query(sqlFor(numbers), [`${tag}s`])
  const [{ stored, distinct_numbers: different }] = rows
  if (stored !== acknowledged)
    return `${acknowledged} effects acknowledged, ${stored} events stored`
  if (different !== stored) return `${stored - different} decisions were made on an old state`
  return undefined
}
