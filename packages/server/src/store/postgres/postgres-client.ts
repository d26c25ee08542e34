import { PalomaError } from '@paloma/core/domain'
import { Client, type ClientBase, type ClientConfig, Pool, type PoolClient, type Submittable, types } from 'pg'
import { NUMBER_PARSERS, type Row, type Sql, type SqlClient, sqlState } from '../sql/client.ts'
import { migrate } from '../sql/migrate.ts'
import { type StoreFacts, storeFacts } from '../sql/store-facts.ts'

/** Within this time a server answers or counts as unreachable. */
const CONNECT_TIMEOUT_MS = 4_000
/** After so much silence the network is asked whether the server is still there: without that, an answer that never comes is waited for without end. */
const KEEP_ALIVE_MS = 10_000
/** A transaction that loses to another one is run again at most so often. */
const ATTEMPTS = 5
/** First half of the key of our advisory locks: 'PALO'. */
export const LOCK_CLASS = 0x50414c4f

export interface PostgresClient extends SqlClient {
  /** Takes, or keeps, an advisory lock on a connection of its own. */
  tryLock(name: string): Promise<boolean>
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly url: string
  readonly connections: number
  readonly onNotice: (text: string) => void
}

/** Connects and migrates. Rejects with STORE_UNREACHABLE, naming host and port and never the password. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresClient> {
  const { url, connections, onNotice } = options
  const place = placeOf(url)
  const config = configOf(url)
  await migrateAlone(config, place)
  // Our statements are short and many: compiling them takes longer than running them.
  const withoutJit = async (client: ClientBase): Promise<void> => {
    await client.query('set jit = off').catch((error: Error) => onNotice(`cannot switch jit off: ${error.message}`))
  }
  const pool = new Pool({ ...config, max: connections, onConnect: withoutJit })
  pool.on('error', (error) => onNotice(`an idle connection to ${place} broke: ${error.message}`))
  const locks = lockKeeper(config, place)
  return {
    query: (text, values) => reaching(place, () => rowsFrom(pool)(text, values)),
    copyIn: (messages) => reaching(place, () => onClient(pool, (client) => copyOn(client, messages))),
    transaction: (work) => reaching(place, () => transactionWithRetry(pool, work)),
    tryLock: (name) => locks.tryLock(name),
    async close() {
      await locks.close()
      await pool.end()
    },
  }
}

/** Looks at a server without changing anything. Rejects with STORE_UNREACHABLE within ten seconds. */
export function lookAtPostgres(url: string): Promise<StoreFacts> {
  const place = placeOf(url)
  const client = new Client({ ...configOf(url), query_timeout: CONNECT_TIMEOUT_MS })
  return reaching(place, async () => {
    await client.connect()
    try {
      return await storeFacts(sqlOf(client), LOCK_CLASS)
    } finally {
      await client.end()
    }
  })
}

function configOf(url: string): ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'paloma',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser: (oid, format) => NUMBER_PARSERS[oid] ?? types.getTypeParser(oid, format) },
  }
}

async function migrateAlone(config: ClientConfig, place: string): Promise<void> {
  const client = new Client(config)
  await reaching(place, async () => {
    await client.connect()
    try {
      await refuseUnfit(sqlOf(client), place)
      await migrate(sqlOf(client))
    } finally {
      await client.end()
    }
  })
}

/** Rejects with STORE_TOO_OLD or STORE_READ_ONLY for a server on which nothing of ours can run. */
export async function refuseUnfit(sql: Sql, place: string): Promise<void> {
  const [row] = await sql.query<{ readonly version: number; readonly is_read_only: boolean }>(
    `select current_setting('server_version_num')::int as version,
            current_setting('transaction_read_only') = 'on' as is_read_only`,
  )
  const version = row?.version ?? 0
  if (version < LEAST_VERSION) {
    const found = `${Math.floor(version / 10_000)}.${version < 100_000 ? Math.floor(version / 100) % 100 : version % 10_000}`
    throw new PalomaError('STORE_TOO_OLD', `PostgreSQL at ${place} is ${found}; Paloma needs 15 or newer`, {
      hint: 'upgrade the server, or name another one in DATABASE_URL',
    })
  }
  if (row?.is_read_only !== true) return
  throw new PalomaError('STORE_READ_ONLY', `PostgreSQL at ${place} takes no writes`, { hint: READ_ONLY_HINT })
}

function sqlOf(client: Pick<Client, 'query'>): Sql {
  return {
    query: rowsFrom(client),
    copyIn: (messages) => copyOn(client, messages),
  }
}

function rowsFrom(runner: Pick<Client, 'query'> | Pick<Pool, 'query'>): Sql['query'] {
  return async <R = Row>(text: string, values: readonly unknown[] = []) =>
    (await runner.query(text, [...values])).rows as readonly R[]
}

/** What the driver asks of a query of our own. */
interface CopyQuery extends Submittable {
  readonly callback: (error: Error | null) => void
  handleError(error: Error): void
  handleReadyForQuery(): void
  handleCopyInResponse(): void
  handleCommandComplete(): void
}

/** The whole copy goes out at once: a server that will not have it drops what is left of it. */
function copyOn(client: Pick<Client, 'query'>, messages: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const callback = (error: Error | null): void => (error === null ? resolve() : reject(error))
    const query: CopyQuery = {
      callback,
      submit: ({ stream }) => void stream.write(messages),
      handleError: (error) => query.callback(error),
      handleReadyForQuery: () => query.callback(null),
      handleCopyInResponse() {},
      handleCommandComplete() {},
    }
    client.query(query)
  })
}

async function transactionWithRetry<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await onClient(pool, (client, spoil) => transactionOn(client, { work, spoil }))
    } catch (error) {
      if (attempt >= ATTEMPTS || !isLostRace(error)) throw error
    }
  }
}

async function transactionOn<T>(
  client: PoolClient,
  { work, spoil }: { readonly work: (sql: Sql) => Promise<T>; readonly spoil: (failure: Error) => void },
): Promise<T> {
  try {
    await client.query('begin')
    const result = await work(sqlOf(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(spoil)
    throw error
  }
}

/** Lends a connection of the pool, which is closed afterwards where it broke or was spoiled. */
async function onClient<T>(
  pool: Pool,
  work: (client: PoolClient, spoil: (failure: Error) => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  // Without a listener, a connection that breaks between two statements would end the process.
  let broken: Error | undefined
  const spoil = (failure: Error): void => {
    broken ??= failure
  }
  client.on('error', spoil)
  try {
    return await work(client, spoil)
  } finally {
    client.off('error', spoil)
    client.release(broken)
  }
}

/** Serialisation failure or deadlock: nothing happened, and trying again helps. */
function isLostRace(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

interface LockKeeper {
  tryLock(name: string): Promise<boolean>
  close(): Promise<void>
}

/** Holds advisory locks on one connection; when that breaks, all of them are lost and the next call begins anew. */
function lockKeeper(config: ClientConfig, place: string): LockKeeper {
  let live: Client | undefined
  const held = new Set<string>()
  const lose = (client: Client): void => {
    if (live !== client) return
    live = undefined
    held.clear()
  }
  const connect = async (): Promise<Client> => {
    const client = new Client(config)
    client.on('error', () => lose(client))
    client.on('end', () => lose(client))
    await client.connect()
    live = client
    return client
  }
  const attempt = async (name: string): Promise<boolean> => {
    const client = live ?? (await connect())
    if (held.has(name)) {
      await client.query('select 1')
      return held.has(name)
    }
    const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as mine', [LOCK_CLASS, name])
    if (rows[0]?.mine === true) held.add(name)
    return held.has(name)
  }
  // One after the other, so that two roles never open two connections; a failure is its caller's.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    tryLock(name) {
      const answer = turn.then(() => reaching(place, () => attempt(name)))
      turn = answer.then(
        () => undefined,
        () => undefined,
      )
      return answer
    },
    async close() {
      await turn
      await live?.end()
    },
  }
}

const UNREACHABLE_CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
]
/** What the pool says when all its connections were busy for as long as we wait for one. */
const NONE_FREE = 'timeout exceeded when trying to connect'
const LEAST_VERSION = 150_000
const READ_ONLY_HINT =
  'name the primary in DATABASE_URL where this is a replica; else look at default_transaction_read_only of the database and the user'
const HINTS: Readonly<Record<string, string>> = {
  '25006': READ_ONLY_HINT,
  '42501': 'this user may not use what is there: grant it all on the schema and its tables, or connect as their owner',
  '28P01': 'the server refuses the password: check DATABASE_URL',
  '28000': 'the server refuses the user: check DATABASE_URL and pg_hba.conf',
  '3D000': 'the database does not exist: create it, or name another one in DATABASE_URL',
  '53300': 'the server has no connection left: raise max_connections or lower ours',
}

/** Runs `work`, turning what the network or a closed door says into STORE_UNREACHABLE. */
async function reaching<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isUnreachable(cause)) throw cause
    const said = cause instanceof Error && cause.message !== '' ? cause.message : codeOf(cause)
    if (said === NONE_FREE) {
      throw new PalomaError(
        'STORE_UNREACHABLE',
        `none of our connections to PostgreSQL at ${place} came free in time`,
        {
          hint: 'the database is slower than requests come: look at its load, or ask for less at once',
          cause,
        },
      )
    }
    throw new PalomaError('STORE_UNREACHABLE', `PostgreSQL at ${place} does not let us in: ${said}`, {
      hint: HINTS[codeOf(cause)] ?? 'start the server, or check host and port in DATABASE_URL',
      cause,
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function isUnreachable(error: unknown): boolean {
  const code = codeOf(error)
  if (UNREACHABLE_CODES.includes(code) || code in HINTS || /^(08|57P)/.test(code)) return true
  return error instanceof Error && /timeout|Connection terminated|connection error/i.test(error.message) && code === ''
}

/** `host:port` of a URL. Throws STORE_URL_INVALID, without repeating the URL: it may hold a password. */
function placeOf(url: string): string {
  if (!URL.canParse(url) || !/^postgres(ql)?:/.test(url)) {
    throw new PalomaError(
      'STORE_URL_INVALID',
      'DATABASE_URL must be written postgres://user:password@host:port/database',
      {
        hint: 'special characters in the password are percent-encoded',
      },
    )
  }
  const { hostname, port, searchParams } = new URL(url)
  return `${hostname || searchParams.get('host') || 'localhost'}:${port || searchParams.get('port') || '5432'}`
}
