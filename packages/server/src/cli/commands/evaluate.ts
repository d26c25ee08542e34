import { type EvaluationProgress, PalomaError } from '@paloma/core'
import { Command, InvalidArgumentError } from 'commander'
import {
  type CampaignGuardrail,
  type CampaignTarget,
  evaluateCampaign,
  evaluateUnits,
  hasUnits,
  type RefusedRows,
  refusedInWords,
} from '../../usecases/campaign/index.ts'
import {
  CANDIDATE_OPTIONS,
  type CandidateFlags,
  evaluateCandidateFile,
  withCandidateFlags,
} from '../candidate/index.ts'
import type { Connect } from '../connection/index.ts'
import { type EvaluationView, evaluationPage, evaluationText, unitText } from '../evaluate/index.ts'
import { type Output, printReport, processOutput, requireOutputFolder, writeOutputFile } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { isTablePath } from '../table/index.ts'
import { loadMapping, loadRows } from './campaign-files.ts'

interface EvaluateFlags {
  readonly mapping: string
  readonly target: string
  readonly by: readonly string[]
  readonly guardrail: readonly CampaignGuardrail[]
  readonly less: readonly string[]
  readonly segment?: string
  readonly level: number
  readonly folds: number
  readonly resamples?: number
  readonly seed: string
  readonly report?: string
  readonly json: boolean
}

const REPORT_CODE = 'REPORT_UNWRITABLE'

/**
 * `paloma evaluate FILE --mapping … --target …`: what a policy would have got on a log of another; needs neither a store nor a server.
 * `paloma evaluate --config CANDIDATE`: the same of a changed configuration, on the decisions of a server or a store.
 */
export function evaluateCommand(connect: Connect, output: Output = processOutput): Command {
  const command = new Command('evaluate')
    .description('judge a policy on past decisions, or a changed configuration (--config), before it meets users')
    .argument('[file]', 'the log as a table: one row a decision (CSV, JSONL or Parquet, also .gz)')
    .option('--mapping <file>', 'which column means what, as paloma import reads it')
    .option(
      '--target <policy>',
      'uniform, action:NAME, column:NAME, columns:PREFIX (one column a probability), log:FILE, moment:NUMBER, or a FILE joined by decision',
    )
    .option('--by <columns>', 'with log:FILE, the columns that policy looked at, comma-separated', list, [])
    .option(
      '--guardrail <objective=margin>',
      'may not get worse by more, e.g. sends=0.05 or visits=2%',
      addGuardrail,
      [],
    )
    .option(
      '--less <objective>',
      'less of it is better; may be repeated',
      (name, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--segment <column>', 'tell its values apart where the overlap is small')
    .option('--level <share>', 'confidence of intervals', share, 0.95)
    .option('--folds <count>', 'parts of users that reward models are cross-fitted over', count(2), 3)
    .option(
      '--resamples <count>',
      'draws of the bootstrap of users; 0 leaves it out (default: 1000, fewer beyond 200,000 users)',
      count(0),
    )
    .option('--seed <text>', 'the same seed gives the same numbers', '1')
    .option('--report <file>', 'also write an HTML page that needs nothing else')
    .option('--json', 'print one JSON object on stdout', false)
  return withCandidateFlags(command).action(
    (file: string | undefined, flags: Partial<EvaluateFlags & CandidateFlags>, own: Command) =>
      isCandidate(file, flags, own)
        ? evaluateCandidateFile(connect, flags, output)
        : runEvaluate(...tableOf(file, flags as EvaluateFlags), output),
  )
}

/** Options that speak of a table alone, by the names of their values. */
const TABLE_OPTIONS = ['mapping', 'target', 'by', 'less', 'segment', 'level', 'folds', 'resamples', 'seed'] as const

/** Whether a configuration is to be judged; refuses what belongs to the other kind of log. */
function isCandidate(
  file: string | undefined,
  flags: Partial<EvaluateFlags & CandidateFlags>,
  own: Command,
): flags is CandidateFlags {
  const isConfig = flags.config !== undefined
  if (isConfig && file !== undefined)
    throw new PalomaError('USAGE', `give a table or --config, not both, got '${file}'`)
  const foreign = isConfig ? TABLE_OPTIONS : CANDIDATE_OPTIONS
  const wrong = foreign.find((name) => own.getOptionValueSource(name) === 'cli')
  if (wrong === undefined) return isConfig
  const flag = own.options.find((option) => option.attributeName() === wrong)?.long ?? wrong
  throw new PalomaError('USAGE', `${flag} goes with ${isConfig ? 'a table' : '--config'}`)
}

function tableOf(file: string | undefined, flags: EvaluateFlags): readonly [string, EvaluateFlags] {
  if (file === undefined) throw new PalomaError('USAGE', 'give a table of past decisions, or --config')
  for (const name of ['mapping', 'target'] as const) {
    if (flags[name] === undefined) throw new PalomaError('USAGE', `a table needs --${name}`)
  }
  return [file, flags]
}

async function runEvaluate(file: string, flags: EvaluateFlags, output: Output): Promise<void> {
  if (flags.report !== undefined) await requireOutputFolder(flags.report, REPORT_CODE)
  const mapping = await loadMapping(flags.mapping)
  const target = await targetOf(flags, output)
  const rows = await loadRows(file, output)
  const { level, folds, seed } = flags
  const progress = progressLine(output)
  const onProgress: EvaluationProgress = ({ part, done, of }) =>
    progress.update(`${PART_WORDS[part]}: ${done} of ${of}`)
  const asked = { target, guardrails: flags.guardrail, inverse: flags.less, level, folds, seed, onProgress }
  const said = { target: targetWords(flags), log: file, level }
  if (hasUnits(mapping)) {
    refuseForUnits(flags)
    const found = evaluateUnits(mapping, rows, {
      ...asked,
      ...(flags.resamples === undefined ? {} : { resamples: flags.resamples }),
    })
    progress.done()
    const data = { target: flags.target, ...found.evaluation, preCheck: found.preCheck, refused: found.refused }
    return printFound(output, { data, text: unitText({ ...said, ...found }), refused: found.refused }, flags.json)
  }
  const { segment, resamples } = flags
  const found = evaluateCampaign(mapping, rows, {
    ...asked,
    ...(segment === undefined ? {} : { segment }),
    ...(resamples === undefined ? {} : { resamples }),
  })
  progress.done()
  const { evaluation, preCheck, shape, units, refused } = found
  const view: EvaluationView = { ...said, evaluation, preCheck, shape, units }
  if (flags.report !== undefined) await writeOutputFile(flags.report, evaluationPage(view), REPORT_CODE)
  const data = { target: flags.target, ...evaluation, preCheck, weights: shape, refused }
  printFound(output, { data, text: evaluationText(view), refused }, flags.json)
}

const PART_WORDS = { model: 'reward models', estimators: 'estimators', bootstrap: 'bootstrap' } as const

/** What only decisions by themselves have. */
function refuseForUnits({ report, segment }: EvaluateFlags): void {
  const wrong = Object.entries({ report, segment }).find(([, value]) => value !== undefined)
  if (wrong !== undefined)
    throw new PalomaError(
      'USAGE',
      `--${wrong[0]} is for decisions by themselves; the mapping declares units of several rows`,
    )
}

function printFound(
  output: Output,
  { data, text, refused }: { readonly data: unknown; readonly text: string; readonly refused: RefusedRows },
  isJson: boolean,
): void {
  const left =
    Object.keys(refused).length === 0 ? '' : `\n\nRows left out, with the reason: ${refusedInWords(refused)}.`
  printReport(output, { data: withPlainNumbers(data), text: `${text}${left}` }, isJson)
}

/** Typed arrays print as objects; their numbers as lists are what readers expect. */
function withPlainNumbers(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data, (_, value) => (value instanceof Float64Array ? Array.from(value) : value)))
}

async function targetOf({ target, by }: EvaluateFlags, output: Output): Promise<CampaignTarget> {
  const [kind, rest] = splitOnce(target)
  if (by.length > 0 && kind !== 'log') throw wrongTarget('--by goes with --target log:FILE', target)
  if (kind === 'uniform' && rest === undefined) return { kind }
  if (isTargetFile(target)) return { kind: 'table', rows: await loadRows(target, output) }
  if (rest === undefined || rest === '') throw wrongTarget(TARGET_FORMS, target)
  switch (kind) {
    case 'action':
      return { kind, name: rest }
    case 'column':
      return { kind, column: rest }
    case 'columns':
      return { kind, prefix: rest }
    case 'log':
      return { kind, rows: await loadRows(rest, output), by }
    case 'moment':
      if (Number.isFinite(Number(rest)) && rest.trim() !== '') return { kind, at: Number(rest) }
      throw wrongTarget('--target moment: takes a number, e.g. moment:9.5', target)
    default:
      throw wrongTarget(TARGET_FORMS, target)
  }
}

const TARGET_FORMS =
  '--target must be uniform, action:NAME, column:NAME, columns:PREFIX, log:FILE, moment:NUMBER or a FILE of its own'
const KINDS: readonly string[] = ['action', 'column', 'columns', 'log', 'moment']

/** A path and none of the other forms, which may end like one. */
function isTargetFile(target: string): boolean {
  return isTablePath(target) && !KINDS.includes(splitOnce(target)[0])
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const at = text.indexOf(':')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function wrongTarget(expected: string, target: string): PalomaError {
  return new PalomaError('USAGE', `${expected}, got '${target}'`)
}

function targetWords({ target, by }: EvaluateFlags): string {
  const [kind, rest = ''] = splitOnce(target)
  if (isTargetFile(target)) return `The policy in ${target}`
  if (kind === 'uniform') return 'All actions alike'
  if (kind === 'action') return `The action ${rest} for everybody`
  if (kind === 'moment') return `The moment ${rest} for every message`
  if (kind === 'column') return `What column ${rest} says`
  if (kind === 'columns') return `The probabilities in columns ${rest}…`
  return `The policy that made ${rest}${by.length === 0 ? '' : `, by ${by.join(' and ')}`}`
}

function list(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new InvalidArgumentError('expected column names, e.g. position,country.')
  return names
}

function addGuardrail(text: string, before: readonly CampaignGuardrail[]): readonly CampaignGuardrail[] {
  const at = text.lastIndexOf('=')
  const number = text.slice(at + 1)
  const isRelative = number.endsWith('%')
  const digits = isRelative ? number.slice(0, -1) : number
  const margin = Number(digits) / (isRelative ? 100 : 1)
  if (at < 1 || digits.trim() === '' || !(margin >= 0 && Number.isFinite(margin)))
    throw new InvalidArgumentError('expected an objective and a margin ≥ 0, e.g. sends=0.05 or visits=2%.')
  return [...before, { objective: text.slice(0, at), margin, isRelative }]
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value < 1) return value
  throw new InvalidArgumentError('expected a share in (0, 1), e.g. 0.95.')
}

function count(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least) return value
    throw new InvalidArgumentError(`expected a whole number from ${least} on.`)
  }
}
