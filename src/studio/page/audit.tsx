import { useState } from 'preact/hooks'
import type { AuditAnswer, AuditRow } from '../answers'
import { get, pathOf, useLoaded } from './api'
import { moment } from './format'
import { Badge, Empty, Problem, Title, type Tone } from './parts'

const tones: Readonly<Record<AuditRow['outcome'], Tone>> = {
  done: 'good',
  failed: 'bad',
  unknown: 'warn',
}

export const AuditView = () => {
  const { content, failure } = useLoaded<AuditAnswer>(pathOf('audit'))
  const [older, setOlder] = useState<AuditAnswer>({ entries: [] })
  const entries = [...(content?.entries ?? []), ...older.entries]
  const next = older.entries.length > 0 ? older.next : content?.next
  const more = async (): Promise<void> => {
    const page = await get<AuditAnswer>(pathOf('audit', { before: next }))
    if (page?.ok !== true) return
    setOlder({ ...page.content, entries: [...older.entries, ...page.content.entries] })
  }
  return (
    <section class="view scrolls">
      <Title text="Audit">
        <span class="note">what operators have done here, newest first</span>
      </Title>
      <Problem failure={failure} />
      {content?.entries.length === 0 && <Empty>No operator has done anything here yet.</Empty>}
      {entries.length > 0 && (
        <div class="table" role="region" aria-label="Audit" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time (UTC)</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">How it went</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.sequence}>
                  <td class="note">{moment(entry.at).slice(0, 19)}</td>
                  <td>
                    <bdi>{entry.operator}</bdi>
                  </td>
                  <td>
                    <strong>{entry.action}</strong> <bdi>{entry.subject}</bdi>
                    <span class="note">
                      <bdi>{JSON.stringify(entry.detail).slice(0, 300)}</bdi>
                    </span>
                  </td>
                  <td>
                    <Badge tone={tones[entry.outcome]} text={entry.outcome} />{' '}
                    <bdi class="note">{entry.message ?? ''}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next !== undefined && (
        <button type="button" onClick={() => void more()}>
          Older
        </button>
      )}
    </section>
  )
}
