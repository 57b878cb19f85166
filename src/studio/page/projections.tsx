import type { About, ProjectionRow, ProjectionsAnswer, RebuildRow } from '../answers'
import { pathOf, useLoaded } from './api'
import { count, moment, plural } from './format'
import { Badge, Empty, Problem, Progress, Time, Title, type Tone, useOperations } from './parts'

const POLL = 1_000

type Build = ProjectionRow['builds'][number]

const tones: Readonly<Record<Build['state'], Tone>> = {
  active: 'good',
  building: 'warn',
  kept: 'calm',
  removing: 'calm',
}

const meanings: Readonly<Record<Build['state'], string>> = {
  active: 'readers see it',
  building: 'readers do not see it yet',
  kept: 'one can go back to it',
  removing: 'is being deleted',
}

const BuildCard = ({ build, horizon }: { readonly build: Build; readonly horizon: number }) => (
  <article class="card build" aria-label={`Build ${build.build} of version ${build.version}`}>
    <h3>
      v{build.version}, build {build.build} <Badge tone={tones[build.state]} text={build.state} />
    </h3>
    <p class="note">{meanings[build.state]}</p>
    {build.reached !== undefined && (
      <>
        <Progress
          label={`Build ${build.build} of version ${build.version} has come so far`}
          value={build.reached}
          most={horizon}
        />
        <p class="note">
          {count(build.reached)} of {count(horizon)}
        </p>
      </>
    )}
    <ul class="facts note">
      <li>begun {moment(build.begunAt).slice(0, 19)} UTC</li>
      <li>{plural(build.instances, 'instance')} work on it</li>
      {build.keptUntil !== undefined && <li>kept until {moment(build.keptUntil).slice(0, 19)}</li>}
      {build.held > 0 && (
        <li>
          <Badge tone="bad" text={`incomplete: ${count(build.held)} held`} />
        </li>
      )}
    </ul>
  </article>
)

const Rebuilding = ({ rebuild }: { readonly rebuild: RebuildRow | undefined }) =>
  rebuild === undefined ? null : (
    <p class={rebuild.state === 'failed' ? 'problem' : 'note'}>
      Rebuild {rebuild.state}, begun <Time at={rebuild.startedAt} now={Date.now()} />.{' '}
      {rebuild.message ?? ''}
    </p>
  )

export const ProjectionsView = ({ about }: { readonly about: About }) => {
  const { content, failure, reload } = useLoaded<ProjectionsAnswer>(pathOf('projections'), POLL)
  const { ask, view } = useOperations(about.operator, reload)
  return (
    <section class="view scrolls">
      <Title text="Projections">
        <span class="note">every build, side by side</span>
      </Title>
      <Problem failure={failure} />
      {view}
      {content?.projections.length === 0 && (
        <Empty>No asynchronous projection has ever been started here.</Empty>
      )}
      {content?.projections.map(({ projection, builds }) => (
        <section key={projection} class="projection" aria-label={projection}>
          <h2>
            <bdi>{projection}</bdi>
            {ask !== undefined && about.projections.includes(projection) && (
              <button
                type="button"
                onClick={() =>
                  ask({
                    title: `Rebuild ${projection}?`,
                    meaning:
                      'A new build is made beside the one that readers see, by the code that was given to the studio. When it has caught up, readers see it. The old one is kept for a day. If the studio ends before, the new build is deleted.',
                    verb: 'Rebuild',
                    content: { action: 'rebuild', subject: projection },
                  })
                }
              >
                Rebuild
              </button>
            )}
          </h2>
          <Rebuilding rebuild={content.rebuilds.find((one) => one.projection === projection)} />
          <div class="builds">
            {builds.map((build) => (
              <BuildCard key={build.collection} build={build} horizon={content.horizon} />
            ))}
          </div>
        </section>
      ))}
    </section>
  )
}
