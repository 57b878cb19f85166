import { Writable } from 'node:stream'
import { SingleBar } from 'cli-progress'
import type { Position } from '../../core/stream'
import type { Context, Output } from '../runtime'
import { safe } from './text'

/** Of what the progress is shown: `{ projection: 'balances' }`, say, whose value people see, and machines both. */
export type ProgressSubject = Readonly<Record<string, string>>

/** Shows the progress of something that takes long. */
export interface ProgressPrinter {
  readonly show: (reached: Position, target: Position) => void
  /** Resolves when everything was written. */
  readonly end: () => Promise<void>
}

/** Writes in order, and waits for all of it at the end. */
const inOrder = (write: Output['write']) => {
  let last = Promise.resolve()
  return {
    write: (text: string): void => {
      last = last.then(() => write(text))
    },
    done: () => last,
  }
}

const percentOf = (reached: Position, target: Position): number =>
  target === 0 ? 100 : Math.min(100, Math.floor((reached / target) * 100))

/** One JSON object per line. */
const forMachines = ({ output }: Context, subject: ProgressSubject): ProgressPrinter => {
  const { write, done } = inOrder(output.write)
  let shown = ''
  return {
    show: (reached, target) => {
      const line = `${JSON.stringify({ progress: { ...subject, reached, target, percent: percentOf(reached, target) } })}\n`
      if (line !== shown) write(line)
      shown = line
    },
    end: done,
  }
}

const STEP = 10

/** A line for every ten percent: for logs. */
const forLogs = ({ output }: Context, name: string): ProgressPrinter => {
  const { write, done } = inOrder(output.write)
  let next = 0
  return {
    show: (reached, target) => {
      const percent = percentOf(reached, target)
      if (percent < next) return
      next = percent - (percent % STEP) + STEP
      write(`${safe(name)}: ${percent} %, at ${reached} of ${target}\n`)
    },
    end: done,
  }
}

/** A progress bar, for a terminal. */
const forTerminals = (
  { output, columns }: { readonly output: Output; readonly columns: number },
  name: string,
): ProgressPrinter => {
  const { write, done } = inOrder(output.write)
  const stream = Object.assign(
    new Writable({
      write: (chunk: Buffer, _encoding, next) => {
        write(chunk.toString())
        next()
      },
    }),
    { isTTY: true, columns },
  )
  const bar = new SingleBar({
    stream,
    format: `${safe(name).slice(0, 24)} [{bar}] {percentage}% | {value}/{total} | {eta} s left`,
    barsize: Math.max(10, Math.min(40, columns - 62)),
    barCompleteChar: '=',
    barIncompleteChar: '-',
    hideCursor: true,
    gracefulExit: false, // the command handles the signal itself
  })
  let begun = false
  return {
    show: (reached, target) => {
      if (!begun) bar.start(target, 0)
      begun = true
      bar.setTotal(Math.max(1, target))
      bar.update(Math.min(reached, target))
    },
    end: async () => {
      bar.stop()
      await done()
    },
  }
}

export const progressPrinter = (context: Context, subject: ProgressSubject): ProgressPrinter => {
  if (context.json) return forMachines(context, subject)
  const [name = ''] = Object.values(subject)
  const { columns } = context.output
  return columns === undefined
    ? forLogs(context, name)
    : forTerminals({ output: context.output, columns }, name)
}
