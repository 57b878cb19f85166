import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** Runs it, and expects it to go well. */
export const right = async <Failure, Value>(task: TaskEither<Failure, Value>): Promise<Value> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(`expected a Right, got ${JSON.stringify(result.left)}`)
  return result.right
}

/** Runs it, and expects it to fail. */
export const left = async <Failure, Value>(task: TaskEither<Failure, Value>): Promise<Failure> => {
  const result = await task()
  if (E.isRight(result)) throw new Error(`expected a Left, got ${JSON.stringify(result.right)}`)
  return result.left
}
