import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { describeIssues, issuesOf } from '../../core/issue'
import { isRecord, type JsonObject } from '../../core/json'
import type { NewEvent } from '../../core/recorded-event'
import { deliberate, type DeliberateOptions, reasonIn, typed } from '../deliberate'
import { type CliFailure, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

export interface TruncateOptions extends DeliberateOptions {
  readonly upTo?: string
  readonly summary?: string
}

const JsonRecord = new t.Type<JsonObject, JsonObject, unknown>(
  'a JSON object',
  isRecord,
  (value, context) => (isRecord(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

/** `{ "type": "AccountSummarised", "schemaVersion": 1, "data": { … } }`. */
const Summary = t.type({ type: t.string, schemaVersion: t.number, data: JsonRecord })

const summaryIn = (text: string | undefined): E.Either<CliFailure, NewEvent> => {
  const needed = '--summary must be JSON: {"type":…,"schemaVersion":1,"data":{…}}'
  if (text === undefined) return E.left(usage(needed))
  const parsed = E.tryCatch(
    (): unknown => JSON.parse(text),
    () => usage(needed),
  )
  if (E.isLeft(parsed)) return parsed
  const decoded = Summary.decode(parsed.right)
  if (E.isLeft(decoded)) {
    return E.left(usage(`${needed}. ${describeIssues(issuesOf(decoded.left))}`))
  }
  const { type, schemaVersion, data } = decoded.right
  return E.right({ id: crypto.randomUUID(), type, schemaVersion, data, metadata: {} })
}

/** Replaces the beginning of a stream by a summary. Says first what that means; does it with `--yes` and once its id was typed. */
export const truncate = (stream: string, options: TruncateOptions): Work => {
  const { yes = false } = options
  const [reason, upTo] = [reasonIn(options), wholeNumber('--up-to', options.upTo, 1)]
  const summary = summaryIn(options.summary)
  return withSession('existing', (session, context) => async () => {
    if (E.isLeft(reason)) return reason
    if (E.isLeft(upTo)) return upTo
    if (E.isLeft(summary)) return summary
    if (upTo.right === undefined) return E.left(usage('Say up to which version: --up-to <version>'))
    const version = await explained(session)(session.store.version(stream))()
    if (E.isLeft(version)) return version
    if (!yes) {
      return E.left(
        usage(
          `The events of ${safe(stream)} up to version ${upTo.right} (it is at ${version.right}) would be replaced by ${safe(summary.right.type)}: earlier states of it cannot be had any more. To do it, add --yes`,
        ),
      )
    }
    const confirmed = await typed(context, stream, options, {
      question: 'This cannot be undone. Type the id of the stream to truncate it: ',
      done: 'truncated',
    })
    if (E.isLeft(confirmed)) return confirmed
    const truncated = await explained(session)(
      session.operator.truncateStream({
        ...{ streamId: stream, upTo: upTo.right, summary: summary.right },
        ...{ by: context.by, why: reason.right },
      }),
    )()
    if (E.isLeft(truncated)) return truncated
    return answer(
      context,
      () => ({ truncated: truncated.right }),
      () =>
        `${safe(stream)} begins with version ${truncated.right.upTo}, by ${safe(truncated.right.by)}.\n`,
    )()
  })
}

export const registerTruncate: Register = (program, perform) =>
  deliberate(
    program
      .command('truncate')
      .description('replace the beginning of a stream by a summary')
      .argument('<stream>', 'its id')
      .option('--up-to <version>', 'the last version that the summary stands for')
      .option('--summary <json>', 'the event: {"type":…,"schemaVersion":1,"data":{…}}'),
    'stream',
  ).action((stream: string, options: TruncateOptions, command: Command) =>
    perform(command, truncate(stream, options)),
  )
