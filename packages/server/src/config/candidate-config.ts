import { PalomaError } from '@paloma/core'
import type { CandidateConfig, Config } from './contract.ts'
import { parseConfig } from './define-config.ts'

/** The sections of a configuration that decisions, or what is learned from them, hang on. */
const CANDIDATE_SECTIONS = [
  'objectives',
  'rules',
  'features',
  'groups',
  'groupSalt',
  'prices',
  'priceTargets',
  'messages',
  'artifact',
  'experiments',
  'learning',
] as const satisfies readonly (keyof CandidateConfig)[]

/** Sections of which single members may be given. */
const MERGED: ReadonlySet<string> = new Set(['rules', 'features', 'groups', 'experiments', 'learning'])

/** What of a configuration an evaluation looks at; neither secrets nor anything else is in it. */
export function candidatePartOf(config: Config): CandidateConfig {
  const { objectives, rules, features, groups, groupSalt, prices, priceTargets, messages, artifact } = config
  const { experiments, learning } = config
  const decided = { objectives, rules, features, groups, groupSalt, prices, priceTargets, messages, artifact }
  return { ...decided, experiments, learning }
}

/**
 * A configuration to try, laid over the one that holds: sections replace it, of `rules`, `features`, `groups`, `experiments` and
 * `learning` each member does.
 *
 * @throws PalomaError CONFIG_INVALID, whose pointer begins with /config
 */
export function candidateConfigOf(given: unknown, current: CandidateConfig): CandidateConfig {
  if (!isObject(given)) throw invalid('', 'expected an object with the sections to change')
  const other = Object.keys(given).find((name) => !isCandidateSection(name))
  if (other !== undefined) {
    throw invalid(`/${other}`, `is no section that decisions hang on: expected ${CANDIDATE_SECTIONS.join(', ')}`)
  }
  const laid = CANDIDATE_SECTIONS.map((name): readonly [string, unknown] => {
    const [own, section] = [current[name], given[name]]
    if (section === undefined) return [name, own]
    return [name, MERGED.has(name) && isObject(section) ? { ...Object(own), ...section } : section]
  })
  try {
    return candidatePartOf(parseConfig(Object.fromEntries(laid)))
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    throw new PalomaError(error.code, error.message, {
      pointer: `/config${error.pointer ?? ''}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    })
  }
}

function isCandidateSection(name: string): boolean {
  return CANDIDATE_SECTIONS.some((section) => section === name)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(pointer: string, detail: string): PalomaError {
  return new PalomaError('CONFIG_INVALID', `/config${pointer} ${detail}`, { pointer: `/config${pointer}` })
}
