import { Client } from 'pg'

const SERVER_URL = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'

/** A PostgreSQL database for one test file. */
export interface OwnDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** Makes one, or says why there is none and answers undefined: nothing answers at TEST_DATABASE_URL. */
export async function ownDatabase(name: string): Promise<OwnDatabase | undefined> {
  const database = `paloma_${name}_${process.pid}`
  const run = async (statement: string): Promise<void> => {
    const admin = new Client({ connectionString: SERVER_URL, connectionTimeoutMillis: 2_000 })
    await admin.connect()
    await admin.query(statement).finally(() => admin.end())
  }
  try {
    await run(`create database ${database}`)
  } catch (error) {
    console.warn(`no PostgreSQL to test with (set TEST_DATABASE_URL): ${String(error)}`)
    return undefined
  }
  const url = new URL(SERVER_URL)
  url.pathname = `/${database}`
  return { url: url.href, drop: () => run(`drop database ${database} with (force)`) }
}
