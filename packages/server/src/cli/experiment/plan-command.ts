import { availableParallelism } from 'node:os'
import { type MetricHistory, PalomaError, pastFault, planReadOut } from '@paloma/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type FileSpec, loadSpec, type PastMetric, summariseHistory } from '../../readout/index.ts'
import { type Connect, type ConnectionFlags, withConnection, withConnectionFlags } from '../connection/index.ts'
import { type Output, printReport, type Report } from '../print/index.ts'
import { logPlanReport, planText } from './plan-text.ts'

interface PlanFlags extends ConnectionFlags {
  readonly spec?: string
  readonly history?: string
  readonly usersPerDay?: number
  readonly from: 'live' | 'history'
  readonly days: number
}

const MEMORY_MB = 2048
const CURVE_DAYS = [3, 7, 14, 21, 28, 42, 56, 84] as const
const MOST_DAYS = 365

function users(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('expected a number of users above 0.')
}

function days(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MOST_DAYS) return value
  throw new InvalidArgumentError(`expected a whole number of days from 1 to ${MOST_DAYS}.`)
}

/**
 * `paloma experiment plan`: how many users and days a decision takes, from the past of its metrics: of a table, or of the log of a
 * running server where an experiment is named.
 */
export function planExperimentCommand(output: Output, connect: Connect): Command {
  const command = new Command('plan')
    .description('how many users and days a decision takes, and which metric is the bottleneck')
    .argument('[experiment]', "an experiment of a server, drafts too: planned from the log's own history")
    .option('--spec <file>', 'without a server: variants, metrics, roles and rules, .yaml or .json')
    .option('--history <file>', 'with --spec: past metrics, in the form of --metrics of analyse')
    .option('--users-per-day <n>', 'with --spec: new users a day, where the history does not say', users)
    .addOption(
      new Option('--from <where>', 'the log in the store, or in the files of exported days and the store for the rest')
        .choices(['live', 'history'])
        .default('live'),
    )
    .option('--days <n>', 'days of the log over which users would have come', days, 28)
  return withConnectionFlags(command).action(async (experiment: string | undefined, flags: PlanFlags) => {
    const { spec, from } = flags
    if ((experiment === undefined) === (spec === undefined)) {
      throw new PalomaError('USAGE', 'plan needs the name of an experiment or --spec FILE, and not both')
    }
    if (spec !== undefined) return printReport(output, await planOfTables({ ...flags, spec }), flags.json)
    const options = { from, days: flags.days }
    await withConnection({ connect, output, flags }, async ({ experiments }) =>
      logPlanReport(await experiments.plan(experiment!, options)),
    )
  })
}

async function planOfTables({
  spec: path,
  history,
  usersPerDay,
}: PlanFlags & { readonly spec: string }): Promise<Report> {
  const spec = await loadSpec(path)
  const limits = { memoryMb: MEMORY_MB, threads: availableParallelism() }
  const past = history === undefined ? null : await summariseHistory(spec, history, limits)
  const steady = usersPerDay ?? spec.plan?.usersPerDay ?? null
  const plan = planReadOut(spec.readOut, {
    histories: { ...baselinesOf(spec), ...(past === null ? {} : historiesOf(spec, past.metrics)) },
    arrivals: steady === null ? (past?.arrivals ?? null) : { kind: 'steady', unitsPerDay: steady },
    traffic: { triggerRate: spec.plan?.triggerRate ?? 1, designEffect: spec.plan?.designEffect ?? 1 },
    days: CURVE_DAYS,
  })
  return { data: plan, text: planText(plan) }
}

/** Throws PLAN_INCOMPLETE for a metric of the decision whose past is too short to plan with. */
function historiesOf(
  { readOut }: FileSpec,
  past: Readonly<Record<string, PastMetric>>,
): Readonly<Record<string, MetricHistory>> {
  for (const metric of readOut.metrics) {
    const found = past[metric.name]
    const isDecisive = metric.role === 'success' || metric.role === 'guardrail'
    const fault = isDecisive && found !== undefined ? pastFault(metric, found, 'user') : null
    if (fault !== null) {
      throw new PalomaError('PLAN_INCOMPLETE', fault, {
        hint: 'give a longer --history, or plan.baselines in the spec',
      })
    }
  }
  return Object.fromEntries(Object.entries(past).map(([name, { history }]) => [name, history]))
}

function baselinesOf({ plan }: FileSpec): Readonly<Record<string, MetricHistory>> {
  const entries = Object.entries(plan?.baselines ?? {}).map(([name, { mean, stdDeviation, rSquared }]) => {
    const variance = stdDeviation === null ? mean * (1 - mean) : stdDeviation ** 2
    return [name, { kind: 'history', units: 0, mean, variance, rSquared } satisfies MetricHistory] as const
  })
  return Object.fromEntries(entries)
}
