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

export const createDatabase = async (): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer(`create database ${name}`)
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) }
}
