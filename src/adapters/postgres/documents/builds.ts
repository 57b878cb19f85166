import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { projectionRolledBack } from '../../../core/errors/projection'
import { storeFailed } from '../../../core/errors/store'
import type {
  BuildStatus,
  ProjectionBuild,
  Projections,
} from '../../../core/ports/projection-store'
import { ABANDONED_AFTER, BUILD_START_TIME, keepingTime } from '../../../core/projection-build'
import { type Executor, readRows, writeRows } from '../connection/query'
import { milliseconds, quoteIdentifier } from '../schema/names'

const active = (schema: string): string => `
select version, build, collection from ${schema}.projections
where name = $1::text and collection is not null`

const begin = (schema: string): string => `
select version, build, collection from ${schema}.begin_build($1::text, $2::integer, false)`

const join = (schema: string): string => `
select version, build, collection from ${schema}.join_build($1::text, $2::integer, $3::integer)`

const activate = (schema: string): string => `
select ${schema}.activate_build($1::text, $2::integer, $3::integer, $4::text, $5::double precision)`

const rollBack = (schema: string): string => `
select version, build, collection from ${schema}.roll_back_build($1::text, $2::integer, $3::integer)`

const builds = (schema: string): string => `
select b.version, b.build, b.collection, b.state, ${milliseconds('b.begun_at')} as begun_at,
       case when b.state = 'kept' then ${milliseconds('b.kept_until')} end as kept_until,
       (select min(c.position)::double precision from ${schema}.checkpoints c
        where c.subscription = b.collection) as reached,
       ${schema}.held_of(b.collection) as held,
       (select count(*)::integer from ${schema}.instances i
        where i.subscription = b.collection and i.leased_until >= clock_timestamp()) as instances
from ${schema}.builds b
where b.projection = $1::text and b.state <> 'gone'
order by b.version, b.build`

const abandon = (schema: string): string => `
update ${schema}.builds b set state = 'removing'
where b.projection = $1::text and b.collection = $2::text and b.state = 'building'
  and not exists (select from ${schema}.instances i
                  where i.subscription = b.collection and i.leased_until >= clock_timestamp())`

const sweep = (schema: string): string => `
select ${schema}.sweep_builds($1::text, $2::integer, $3::integer) as deleted`

const dropTables = (schema: string): string => `
select ${schema}.drop_tables($1::text)`

interface BuildRow extends ProjectionBuild {
  readonly state: BuildStatus['state']
  readonly begun_at: number
  readonly kept_until: number | null
  readonly reached: number | null
  readonly held: number
  readonly instances: number
}

const toBuildStatus = ({ begun_at, kept_until, reached, ...row }: BuildRow): BuildStatus => ({
  ...row,
  begunAt: begun_at,
  ...(kept_until === null ? {} : { keptUntil: kept_until }),
  ...(reached === null ? {} : { reached }),
})

const noAnswer = storeFailed(
  'Unexpected',
  'unknown',
  undefined,
  'the server did not say which build was begun',
)

const noBuild = storeFailed('DataRefused', 'nothingWritten', undefined, 'there is no such build')

/** The builds of projections. What decides is in the functions of the schema: see migrations/0001_reprise.sql. */
export const postgresBuilds = (
  db: Executor,
  schema: string,
): Pick<
  Projections<never>,
  'active' | 'begin' | 'join' | 'activate' | 'rollBack' | 'builds' | 'abandon' | 'sweep'
> => {
  const name = quoteIdentifier(schema)
  const write = <Row>(statement: string, parameters: ReadonlyArray<unknown>) =>
    writeRows<Row>(db, 'statement', statement, parameters)
  const activeBuild = (projection: string) =>
    pipe(
      readRows<ProjectionBuild>(db, active(name), [projection]),
      TE.map(([build]) => build),
    )

  return {
    active: activeBuild,
    begin: (projection, version) =>
      pipe(
        write<ProjectionBuild>(begin(name), [projection, version]),
        TE.flatMap(([build]) => (build === undefined ? TE.left(noAnswer) : TE.right(build))),
      ),
    join: (projection, version) =>
      pipe(
        write<ProjectionBuild>(join(name), [projection, version, BUILD_START_TIME]),
        TE.flatMapEither(([build]) =>
          build === undefined ? E.left(projectionRolledBack(projection, version)) : E.right(build),
        ),
      ),
    activate: (projection, { version, build, collection }, keepFor) =>
      pipe(
        write(activate(name), [projection, version, build, collection, keepingTime(keepFor)]),
        TE.flatMap(() => activeBuild(projection)),
        TE.flatMap((now) => (now === undefined ? TE.left(noBuild) : TE.right(now))),
      ),
    rollBack: (projection, seen) =>
      pipe(
        write<ProjectionBuild>(rollBack(name), [
          projection,
          seen?.version ?? null,
          seen?.build ?? null,
        ]),
        TE.map(([from, to]) => (from === undefined || to === undefined ? undefined : { from, to })),
      ),
    builds: (projection) =>
      pipe(
        readRows<BuildRow>(db, builds(name), [projection]),
        TE.map((rows) => rows.map(toBuildStatus)),
      ),
    abandon: (projection, { collection }) =>
      pipe(
        write(abandon(name), [projection, collection]),
        TE.map(() => undefined),
      ),
    sweep: (projection, limit) =>
      pipe(
        write<{ readonly deleted: number }>(sweep(name), [projection, limit, ABANDONED_AFTER]),
        // In a transaction of its own: writers that still use the tables wait for the first one.
        TE.flatMap(([row]) =>
          pipe(
            write(dropTables(name), [projection]),
            TE.map(() => row?.deleted ?? 0),
          ),
        ),
      ),
  }
}
