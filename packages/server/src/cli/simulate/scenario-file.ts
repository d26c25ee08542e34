import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import { SCENARIOS, type Scenario } from '@paloma/core/simulation'
import { parse, stringify, YAMLParseError } from 'yaml'
import { issuesOf } from '../../config/issues.ts'
import { writeOutputFile } from '../print/index.ts'
import { scenarioSchema } from './scenario-schema.ts'

const ENDINGS: readonly string[] = ['.json', '.yaml', '.yml']
const SHOWN_ISSUES = 5

function isFile(text: string): boolean {
  return ENDINGS.includes(extname(text).toLowerCase())
}

/** Reads a scenario from outside. Throws SCENARIO_INVALID, which names every field at fault with its range and value. */
export function parseScenario(document: unknown, source: string): Scenario {
  const result = scenarioSchema.safeParse(document, { reportInput: true })
  if (result.success) return result.data
  const issues = issuesOf(result.error)
  const told = issues.slice(0, SHOWN_ISSUES).map(({ pointer, detail }) => `${pointer || 'the whole'} ${detail}`)
  const rest = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : ''
  throw new PalomaError('SCENARIO_INVALID', `${source}: ${told.join('; ')}${rest}`, {
    hint: '`paloma simulate --scenario retail --save my.yaml` writes one that is whole',
    ...(issues[0] === undefined ? {} : { pointer: issues[0].pointer }),
  })
}

async function readDocument(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new PalomaError('SCENARIO_UNREADABLE', `${path}: cannot be read (${cause.code ?? 'unknown'})`, { cause })
  })
  try {
    return extname(path).toLowerCase() === '.json' ? JSON.parse(text) : parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof YAMLParseError)) throw cause
    throw new PalomaError('SCENARIO_INVALID', `${path}: ${cause.message.split('\n')[0]}`, { cause })
  }
}

/** A scenario by its name, or from a `.json`, `.yaml` or `.yml` file. Throws USAGE for a name that there is not. */
export async function loadScenario(nameOrFile: string): Promise<Scenario> {
  if (isFile(nameOrFile)) return parseScenario(await readDocument(nameOrFile), nameOrFile)
  const found = SCENARIOS.find(({ name }) => name === nameOrFile)
  if (found !== undefined) return found
  throw new PalomaError(
    'USAGE',
    `scenario must be a name of --list or a .json, .yaml or .yml file, got ${nameOrFile}`,
    {
      hint: `there are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
    },
  )
}

/** Writes a scenario to be edited, as JSON or YAML by the file's ending. */
export async function saveScenario(path: string, scenario: Scenario): Promise<void> {
  if (!isFile(path)) {
    throw new PalomaError('USAGE', `a scenario file must end in ${ENDINGS.join(', ')}, got ${path}`)
  }
  const isJson = extname(path).toLowerCase() === '.json'
  const text = isJson ? `${JSON.stringify(scenario, null, 2)}\n` : stringify(scenario, { aliasDuplicateObjects: false })
  await writeOutputFile(path, text, 'SCENARIO_UNWRITABLE')
}
