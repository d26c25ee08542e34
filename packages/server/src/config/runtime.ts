import { resolve } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import type { Runtime } from './contract.ts'
import { shown } from './issues.ts'

/** Command-line flags that win over the environment. */
export interface RuntimeFlags {
  readonly dataDir?: string
  readonly databaseUrl?: string
  readonly host?: string
  readonly port?: string | number
  readonly publicUrl?: string
  readonly logLevel?: string
  /** Moment at which a virtual clock starts, ISO 8601 or epoch milliseconds. */
  readonly virtualClock?: string | number
}

/** The words `LOG_LEVEL` may be. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

type Environment = Readonly<Record<string, string | undefined>>

/** One setting as it was given, with the name to put into a message. */
interface Given {
  readonly name: string
  readonly value: string | number
}

/**
 * Where and how this process runs: flags, then DATABASE_URL, PALOMA_DATA_DIR, PALOMA_HOST, PALOMA_PORT,
 * PALOMA_PUBLIC_URL, PALOMA_VIRTUAL_CLOCK and LOG_LEVEL, then defaults. Throws RUNTIME_INVALID naming the setting.
 */
export function runtimeFrom(env: Environment, flags: RuntimeFlags = {}): Runtime {
  const pick = (flag: keyof RuntimeFlags, variable: string): Given | undefined => given(env, flags, { flag, variable })
  const host = hostOf(pick('host', 'PALOMA_HOST') ?? { name: 'PALOMA_HOST', value: '127.0.0.1' })
  const port = portOf(pick('port', 'PALOMA_PORT') ?? { name: 'PALOMA_PORT', value: 7777 })
  const database = pick('databaseUrl', 'DATABASE_URL')
  const publicUrl = pick('publicUrl', 'PALOMA_PUBLIC_URL')
  const clock = pick('virtualClock', 'PALOMA_VIRTUAL_CLOCK')
  return {
    dataDir: resolve(String(pick('dataDir', 'PALOMA_DATA_DIR')?.value ?? './.paloma')),
    databaseUrl: database === undefined ? null : urlOf(database, ['postgres:', 'postgresql:']),
    host,
    port,
    publicUrl:
      publicUrl === undefined ? localUrl(host, port) : urlOf(publicUrl, ['http:', 'https:']).replace(/\/+$/, ''),
    virtualClock: clock === undefined ? null : { startAt: momentOf(clock) },
    logLevel: logLevelOf(pick('logLevel', 'LOG_LEVEL') ?? { name: 'LOG_LEVEL', value: 'warn' }),
  }
}

function given(
  env: Environment,
  flags: RuntimeFlags,
  from: { readonly flag: keyof RuntimeFlags; readonly variable: string },
): Given | undefined {
  const flag = flags[from.flag]
  if (flag !== undefined) return { name: `--${from.flag.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, value: flag }
  const value = env[from.variable]?.trim()
  return value === undefined || value === '' ? undefined : { name: from.variable, value }
}

function invalid({ name, value }: Given, expectation: string): PalomaError {
  return new PalomaError('RUNTIME_INVALID', `${name} must be ${expectation}, got ${shown(value)}`)
}

function hostOf(setting: Given): string {
  const host = String(setting.value)
  if (!/^[\w.:-]+$/.test(host)) throw invalid(setting, 'a host name or address such as 127.0.0.1')
  return host
}

function portOf(setting: Given): number {
  const port = Number(setting.value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid(setting, 'an integer from 0 to 65535')
  return port
}

function urlOf(setting: Given, protocols: readonly string[]): string {
  const text = String(setting.value)
  const expectation = `a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`
  // A password that is not percent-encoded may hold anything.
  const secretless = { name: setting.name, value: text.replace(/\/\/.*@/s, '//…@') }
  const isOfThem = protocols.some((protocol) => text.startsWith(`${protocol}//`))
  if (isOfThem && !URL.canParse(text)) {
    throw invalid(secretless, 'a URL whose port is from 0 to 65535 and whose password is percent-encoded')
  }
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) throw invalid(secretless, expectation)
  return text
}

function momentOf(setting: Given): number {
  const text = String(setting.value)
  const moment = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isFinite(moment)) throw invalid(setting, 'an ISO 8601 moment or epoch milliseconds')
  return moment
}

function logLevelOf(setting: Given): string {
  const level = String(setting.value).toLowerCase()
  if (!LOG_LEVELS.some((known) => known === level)) throw invalid(setting, `one of ${LOG_LEVELS.join(', ')}`)
  return level
}

function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
