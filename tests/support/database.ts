import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

/** The server of this run. */
export const serverUrl = (): string => {
  const url = process.env['TEST_DATABASE_URL']
  if (url === undefined) throw new Error('the global setup has not started a server')
  return url
}

/** A fresh, empty database of its own for a suite. Its address, and how to drop it. */
export interface TestDatabase {
  readonly url: string
  readonly drop: () => Promise<void>
}

const onServer = async (statement: string): Promise<void> => {
  const client = new Client({ connectionString: serverUrl() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const create = async (from: string): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer(`create database ${name} ${from}`)
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) }
}

export const createDatabase = (): Promise<TestDatabase> => create('')

/** A database with the content of another one, to which there is no connection. */
export const copyDatabase = ({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> =>
  create(`template ${new URL(url).pathname.slice(1)}`)
