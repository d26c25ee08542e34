import { access, readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runArtifactChecks, shapeOf } from '@paloma/core'
import { PalomaError } from '@paloma/core/domain'
import { tsImport } from 'tsx/esm/api'
import type { Config } from './contract.ts'
import { defaultConfig } from './default-config.ts'
import { parseConfig } from './define-config.ts'
import { readJson } from './read-json.ts'

/** Where a configuration is looked for when no path is given, in this order. */
export const CONFIG_FILES = ['paloma.config.ts', 'paloma.config.mjs', 'paloma.config.json'] as const

/**
 * The configuration in `path`, or in the first of CONFIG_FILES that is in `directory`, or the defaults if there is
 * none. Throws CONFIG_NOT_FOUND for a given path that is not there, CONFIG_UNREADABLE for a file that does not run or
 * parse, CONFIG_INVALID for one that says something impossible, ARTIFACT_UNREADABLE, ARTIFACT_MISMATCH or
 * ARTIFACT_CHECK_FAILED for its policy artifact.
 */
export async function loadConfig(path: string | undefined, directory: string = process.cwd()): Promise<Config> {
  return (await loadConfigFile(path, directory)).config
}

/** The same, with the file it came from; null for the defaults. */
export async function loadConfigFile(
  path: string | undefined,
  directory: string = process.cwd(),
): Promise<{ readonly config: Config; readonly file: string | null }> {
  const file = path === undefined ? await findConfig(directory) : resolve(directory, path)
  if (file === undefined) return { config: defaultConfig, file: null }
  if (!(await isReadable(file))) {
    throw new PalomaError('CONFIG_NOT_FOUND', `the configuration file ${file} is not there or not readable`, {
      hint: 'leave --config out to use the defaults',
    })
  }
  const config = parseConfig(await withArtifact(await readConfig(file), dirname(file)), file)
  checkArtifact(config)
  return { config, file }
}

/** The configuration with the artifact whose file it names, relative to its own folder. */
async function withArtifact(config: unknown, folder: string): Promise<unknown> {
  if (typeof config !== 'object' || config === null || !('artifact' in config)) return config
  const { artifact } = config
  return typeof artifact === 'string' ? { ...config, artifact: await readArtifact(resolve(folder, artifact)) } : config
}

async function readArtifact(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new PalomaError('ARTIFACT_UNREADABLE', `the policy artifact ${path} could not be read: ${messageOf(cause)}`, {
      hint: 'artifact names a JSON file, relative to the configuration',
      pointer: '/artifact',
      cause,
    })
  }
}

/** That the artifact computes what it says it does, and was trained on what this configuration gives. */
function checkArtifact(config: Config): void {
  const { artifact, ...parts } = config
  if (artifact === null) return
  runArtifactChecks(artifact)
  shapeOf({ ...parts, artifact })
}

async function findConfig(directory: string): Promise<string | undefined> {
  for (const name of CONFIG_FILES) {
    const file = resolve(directory, name)
    if (await isReadable(file)) return file
  }
  return undefined
}

async function isReadable(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function readConfig(file: string): Promise<unknown> {
  const extension = extname(file)
  if (!['.ts', '.mts', '.mjs', '.js', '.json'].includes(extension)) {
    throw new PalomaError('CONFIG_UNREADABLE', `${file} must end in .ts, .mjs or .json, got "${extension}"`)
  }
  try {
    if (extension === '.json') return readJson(await readFile(file, 'utf8'), file)
    return defaultExportOf(await tsImport(pathToFileURL(file).href, import.meta.url))
  } catch (cause) {
    if (cause instanceof PalomaError) throw cause
    throw new PalomaError('CONFIG_UNREADABLE', `${file} could not be read: ${messageOf(cause)}`, { cause })
  }
}

/** A `.ts` file in a CommonJS package arrives with its default export wrapped once more. */
function defaultExportOf(module: unknown): unknown {
  const first = memberDefault(module)
  return memberDefault(first) ?? first
}

function memberDefault(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'default' in value ? value.default : undefined
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
