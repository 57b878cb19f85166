import type { Output } from '../runtime'

/**
 * A JSON document with one long list, written piece by piece: the list is never held as a whole.
 *
 * @example
 * const document = listDocument(output, 'events')
 * await document.begin({ streamId })
 * await document.add(page) // as often as there are pages
 * await document.end({ version })
 */
export const listDocument = (output: Pick<Output, 'write'>, list: string) => {
  let first = true
  const fields = (record: object): string =>
    Object.entries(record)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join(',')

  return {
    begin: (record: object): Promise<void> => {
      const head = fields(record)
      return output.write(`{${head}${head === '' ? '' : ','}${JSON.stringify(list)}:[`)
    },
    add: async (items: ReadonlyArray<unknown>): Promise<void> => {
      for (const item of items) {
        await output.write(`${first ? '' : ','}\n${JSON.stringify(item)}`)
        first = false
      }
    },
    end: (record: object): Promise<void> => {
      const tail = fields(record)
      return output.write(`\n]${tail === '' ? '' : ','}${tail}}\n`)
    },
  }
}
