import { type EpochMs, PalomaError } from '@paloma/core'
import { type Connect, type ConnectionOptions, httpConnection } from './cli/connection/index.ts'
import { shown } from './config/issues.ts'
import { runtimeFrom } from './config/runtime.ts'
import { offlineConnection } from './offline.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where commands go: `--url`, then a store that flags name, then PALOMA_URL, then the store of the environment
 * (DATABASE_URL, PALOMA_DATA_DIR) or of this directory.
 */
export function connectFrom(env: Environment, wallClock: () => EpochMs): Connect {
  return async (options, { mayCreate }) => {
    const url = urlOf(options, env)
    if (url !== undefined) return httpConnection({ url, key: keyOf(options, env) })
    return offlineConnection(runtimeFrom(storeEnvironment(options, env), storeFlags(options)), { mayCreate, wallClock })
  }
}

function urlOf({ url, dataDir, databaseUrl }: ConnectionOptions, env: Environment): string | undefined {
  const isStoreNamed = dataDir !== undefined || databaseUrl !== undefined
  const given = url ?? (isStoreNamed ? undefined : env.PALOMA_URL?.trim())
  if (given === undefined || given === '') return undefined
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '')
  const name = url === undefined ? 'PALOMA_URL' : '--url'
  throw new PalomaError('USAGE', `${name} must be a URL such as http://127.0.0.1:7777, got ${shown(given)}`)
}

function keyOf({ key }: ConnectionOptions, env: Environment): string {
  const given = key ?? env.PALOMA_KEY?.trim()
  if (given !== undefined && /^[\x21-\x7e]+$/.test(given)) return given
  const got = given === undefined || given === '' ? 'none' : 'one with other characters than printable ASCII'
  throw new PalomaError('USAGE', `a server needs an API key, got ${got}`, {
    hint: 'give --key or PALOMA_KEY; paloma keys create makes one while no server runs',
  })
}

/** A directory that was named means the embedded store, whatever database the environment has. */
function storeEnvironment({ dataDir, databaseUrl }: ConnectionOptions, env: Environment): Environment {
  return dataDir !== undefined && databaseUrl === undefined ? { ...env, DATABASE_URL: undefined } : env
}

function storeFlags({ dataDir, databaseUrl }: ConnectionOptions): ConnectionOptions {
  return { ...(dataDir === undefined ? {} : { dataDir }), ...(databaseUrl === undefined ? {} : { databaseUrl }) }
}
