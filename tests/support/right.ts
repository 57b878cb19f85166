import type { Either } from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** The success, or a failure of the test that says what came instead. */
export const right = async <Failure, Success>(
  task: TaskEither<Failure, Success>,
): Promise<Success> => rightOf(await task())

export const rightOf = <Failure, Success>(result: Either<Failure, Success>): Success => {
  if (result._tag === 'Right') return result.right
  throw new Error(`expected success, got ${JSON.stringify(result.left)}`)
}

/** The failure, or a failure of the test that says what came instead. */
export const left = async <Failure, Success>(
  task: TaskEither<Failure, Success>,
): Promise<Failure> => {
  const result = await task()
  if (result._tag === 'Left') return result.left
  throw new Error(`expected a failure, got ${JSON.stringify(result.right)}`)
}
