import { PalomaError } from '@paloma/core'
import { Command, InvalidArgumentError } from 'commander'
import {
  type CampaignGuardrail,
  type CampaignTarget,
  evaluateCampaign,
  refusedInWords,
} from '../../usecases/campaign/index.ts'
import { type EvaluationView, evaluationPage, evaluationText } from '../evaluate/index.ts'
import { type Output, printReport, processOutput, requireOutputFolder, writeOutputFile } from '../print/index.ts'
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

/** `paloma evaluate FILE --mapping … --target …`: what a policy would have got on a log of another; needs neither a store nor a server. */
export function evaluateCommand(output: Output = processOutput): Command {
  return new Command('evaluate')
    .description('judge a policy on a table of past decisions before it meets users')
    .argument('<file>', 'the log: one row a decision (CSV, JSONL or Parquet, also .gz)')
    .requiredOption('--mapping <file>', 'which column means what, as paloma import reads it')
    .requiredOption(
      '--target <policy>',
      'uniform, action:NAME, column:NAME, columns:PREFIX (one column a probability), or log:FILE',
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
    .action((file: string, flags: EvaluateFlags) => runEvaluate(file, flags, output))
}

async function runEvaluate(file: string, flags: EvaluateFlags, output: Output): Promise<void> {
  if (flags.report !== undefined) await requireOutputFolder(flags.report, REPORT_CODE)
  const mapping = await loadMapping(flags.mapping)
  const target = await targetOf(flags, output)
  const rows = await loadRows(file, output)
  const { segment, level, folds, resamples, seed } = flags
  const found = evaluateCampaign(mapping, rows, {
    target,
    guardrails: flags.guardrail,
    inverse: flags.less,
    ...(segment === undefined ? {} : { segment }),
    level,
    folds,
    ...(resamples === undefined ? {} : { resamples }),
    seed,
  })
  const { evaluation, preCheck, shape, units, refused } = found
  const view: EvaluationView = { target: targetWords(flags), log: file, level, evaluation, preCheck, shape, units }
  if (flags.report !== undefined) await writeOutputFile(flags.report, evaluationPage(view), REPORT_CODE)
  const left =
    Object.keys(refused).length === 0 ? '' : `\n\nRows left out, with the reason: ${refusedInWords(refused)}.`
  const data = { target: flags.target, ...evaluation, preCheck, weights: shape, refused }
  printReport(output, { data: withPlainNumbers(data), text: `${evaluationText(view)}${left}` }, flags.json)
}

/** Typed arrays print as objects; their numbers as lists are what readers expect. */
function withPlainNumbers(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data, (_, value) => (value instanceof Float64Array ? Array.from(value) : value)))
}

async function targetOf({ target, by }: EvaluateFlags, output: Output): Promise<CampaignTarget> {
  const [kind = '', rest] = splitOnce(target)
  if (by.length > 0 && kind !== 'log') throw wrongTarget('--by goes with --target log:FILE', target)
  if (kind === 'uniform' && rest === undefined) return { kind }
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
    default:
      throw wrongTarget(TARGET_FORMS, target)
  }
}

const TARGET_FORMS = '--target must be uniform, action:NAME, column:NAME, columns:PREFIX or log:FILE'

function splitOnce(text: string): readonly [string, string | undefined] {
  const at = text.indexOf(':')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function wrongTarget(expected: string, target: string): PalomaError {
  return new PalomaError('USAGE', `${expected}, got '${target}'`)
}

function targetWords({ target, by }: EvaluateFlags): string {
  const [kind, rest = ''] = splitOnce(target)
  if (kind === 'uniform') return 'All actions alike'
  if (kind === 'action') return `The action ${rest} for everybody`
  if (kind === 'column') return `The action in column ${rest}`
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
