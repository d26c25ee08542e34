import { basename } from 'node:path'
import { DAY_MS, type EpochMs, PalomaError } from '@paloma/core'
import type { EvaluationInput } from '@paloma/sdk'
import { type Command, InvalidArgumentError } from 'commander'
import { candidatePartOf } from '../../config/candidate-config.ts'
import { loadConfig } from '../../config/load-config.ts'
import { DEFAULT_MAX_DECISIONS, MOST_DECISIONS } from '../../usecases/contract.ts'
import { type Connect, type ConnectionFlags, withConnection, withPlaceFlags } from '../connection/index.ts'
import { type Output, type Report, requireOutputFolder, writeOutputFile } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { evaluationPage } from './evaluation-page.ts'
import { evaluationReport } from './evaluation-report.ts'

/** What `paloma evaluate --config` was told. */
export interface CandidateFlags extends ConnectionFlags {
  readonly config: string
  readonly from?: EpochMs
  readonly to?: EpochMs
  readonly state: 'logged' | 'newest' | number
  readonly history?: true
  readonly maxDecisions: number
  readonly guardrail: readonly { readonly objective: string; readonly margin: number; readonly isRelative: boolean }[]
  readonly report?: string
  readonly gate?: true
}

/** Options of a configuration that is to be judged, by the names of their values; `--guardrail`, `--report` and `--json` come from elsewhere. */
export const CANDIDATE_OPTIONS = [
  'from',
  'to',
  'state',
  'history',
  'maxDecisions',
  'gate',
  'url',
  'key',
  'dataDir',
  'databaseUrl',
] as const

/** Adds them. */
export function withCandidateFlags(command: Command): Command {
  const own = command
    .optionsGroup('A changed configuration, on the log of a server or a store:')
    .option('--config <file>', 'the configuration to judge: .ts, .mjs or .json')
    .option('--from <day>', 'the first UTC day, such as 2026-01-31; 28 days before the end without it', startOf)
    .option('--to <day>', 'the last UTC day; as far as reward windows have closed without it', endOf)
    .option('--state <state>', 'logged (what was known at each decision), newest, or a number', stateOf, 'logged')
    .option('--history', 'read exported days out of their files')
    .option('--max-decisions <n>', 'of more, those of a share of the users are taken', most, DEFAULT_MAX_DECISIONS)
    .option('--gate', 'fail unless it is better')
  return withPlaceFlags(own)
}

/** What a changed configuration would have done in past decisions, before any user is touched. */
export async function evaluateCandidateFile(connect: Connect, flags: CandidateFlags, output: Output): Promise<void> {
  const input = inputOf(flags, candidatePartOf(await loadConfig(flags.config)))
  if (flags.report !== undefined) await requireOutputFolder(flags.report, 'REPORT_UNWRITABLE')
  await withConnection({ connect, output, flags }, async ({ evaluations }) => {
    const progress = progressLine(output)
    const options = { onProgress: (text: string) => progress.update(text) }
    const evaluation = await evaluations.run(input, options).finally(() => progress.done())
    const file = basename(flags.config)
    if (flags.report !== undefined) {
      await writeOutputFile(flags.report, evaluationPage(evaluation, file), 'REPORT_UNWRITABLE')
    }
    const report: Report = evaluationReport(evaluation, file)
    if (flags.gate !== true || evaluation.words.verdict === 'better') return report
    return { ...report, failure: new PalomaError('NOT_BETTER', evaluation.words.sentence) }
  })
}

function inputOf(flags: CandidateFlags, config: object): EvaluationInput {
  const { from, to, state, history, maxDecisions, guardrail } = flags
  const tolerate = Object.fromEntries(guardrail.map(toleratedBy))
  return {
    ...{ config, state, maxDecisions, source: history === true ? 'history' : 'live' },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { until: to }),
    ...(guardrail.length === 0 ? {} : { tolerate }),
  }
}

const GUARDED: Readonly<Record<string, string>> = { sends: 'sends', losses: 'channelsLost' }

function toleratedBy({
  objective,
  margin,
  isRelative,
}: CandidateFlags['guardrail'][number]): readonly [string, number] {
  const name = Object.hasOwn(GUARDED, objective) ? GUARDED[objective]! : null
  if (name !== null && isRelative) return [name, margin]
  throw new PalomaError(
    'USAGE',
    `--guardrail of a configuration must be sends=N% or losses=N%, got ${objective}=${margin}`,
  )
}

function startOf(text: string): EpochMs {
  const at = Date.parse(`${text}T00:00:00Z`)
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
  if (isDay) return at
  throw new InvalidArgumentError('expected a day such as 2026-01-31.')
}

/** The end of the day, exclusive. */
function endOf(text: string): EpochMs {
  return startOf(text) + DAY_MS
}

function stateOf(text: string): CandidateFlags['state'] {
  if (text === 'logged' || text === 'newest') return text
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected logged, newest or the number of a policy state.')
}

function most(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MOST_DECISIONS) return value
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_DECISIONS}.`)
}
