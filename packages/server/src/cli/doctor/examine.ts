import { PalomaError } from '@paloma/core'
import type { AdapterConfig, Config, Runtime } from '../../config/contract.ts'
import { type RuntimeFlags, runtimeFrom } from '../../config/runtime.ts'
import { checkAdapters } from './adapter-checks.ts'
import type { DoctorDeps } from './contract.ts'
import { checkDirectory } from './directory-checks.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import { checkNode, checkTimeZones } from './machine-checks.ts'
import { checkClock, checkPort, checkPublicUrl } from './network-checks.ts'
import { checkStore } from './store-checks.ts'

export interface DoctorFlags extends RuntimeFlags {
  readonly config?: string
}

/** Looks at everything a server needs to start and to send; one finding each, in the order of setting up. */
export async function examine(flags: DoctorFlags, deps: DoctorDeps): Promise<readonly Finding[]> {
  const { config, finding } = await readConfig(flags.config, deps)
  const read = readRuntime(flags, deps)
  const machine = [checkNode(deps.nodeVersion), checkTimeZones(), finding]
  if ('finding' in read) return [...machine, read.finding]
  return [
    ...machine,
    ok('settings', `${read.runtime.host}:${read.runtime.port}, log level ${read.runtime.logLevel}`),
    ...(await checkRuntime(read.runtime, config, deps)),
  ]
}

async function readConfig(
  path: string | undefined,
  deps: DoctorDeps,
): Promise<{ readonly config: Config | undefined; readonly finding: Finding }> {
  try {
    const { config, file } = await deps.loadConfig(path)
    return { config, finding: ok('config', file ?? 'none here: the defaults hold') }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    const remedy = error.hint ?? 'mend the file; docs/guide/configuration.md names every field'
    return { config: undefined, finding: failed('config', error.message, remedy) }
  }
}

function readRuntime(flags: RuntimeFlags, { env }: DoctorDeps): { readonly runtime: Runtime } | { finding: Finding } {
  try {
    return { runtime: runtimeFrom(env, flags) }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    return { finding: failed('settings', error.message, 'mend the flag or the variable of the environment') }
  }
}

async function checkRuntime(
  runtime: Runtime,
  config: Config | undefined,
  deps: DoctorDeps,
): Promise<readonly Finding[]> {
  const adapters: Config['adapters'] = config?.adapters ?? {}
  const isShared = runtime.databaseUrl !== null
  const [directory, look, port, channels] = await Promise.all([
    checkDirectory(runtime.dataDir),
    deps.lookAtStore(runtime),
    checkPort(runtime),
    checkAdapters(entriesOf(adapters), deps),
  ])
  return [
    ...directory,
    ...checkStore(look, {
      ...{ now: deps.now(), isShared, objectives: config?.objectives ?? [] },
      retention: config?.retention ?? { storeDays: null, exportedDays: null },
      groups: config?.groups,
    }),
    port,
    checkPublicUrl(runtime, adapters),
    checkClock(runtime, { nodeEnv: deps.env.NODE_ENV, now: deps.now() }),
    checkConsole(deps.isConsoleBuilt),
    ...channels,
  ]
}

function entriesOf(adapters: Config['adapters']): readonly (readonly [string, AdapterConfig])[] {
  return Object.entries(adapters).filter((entry): entry is [string, AdapterConfig] => entry[1] !== undefined)
}

function checkConsole(isBuilt: boolean): Finding {
  return isBuilt
    ? ok('console', 'built, served at /console/')
    : warning('console', 'not built: /console/ answers 404', 'npm run build:console')
}
