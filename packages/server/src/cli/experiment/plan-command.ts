import { availableParallelism } from 'node:os'
import { type MetricHistory, planReadOut } from '@paloma/core'
import { Command, InvalidArgumentError } from 'commander'
import { type FileSpec, loadSpec, summariseHistory } from '../../readout/index.ts'
import { type Output, printReport, processOutput } from '../print/index.ts'
import { planText } from './plan-text.ts'

interface PlanFlags {
  readonly spec: string
  readonly history?: string
  readonly usersPerDay?: number
  readonly json?: true
}

const MEMORY_MB = 2048
const CURVE_DAYS = [3, 7, 14, 21, 28, 42, 56, 84] as const

function users(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('expected a number of users above 0.')
}

/** `paloma experiment plan`: how many users and days a decision takes, from the past of its metrics. */
export function planExperimentCommand(output: Output = processOutput): Command {
  return new Command('plan')
    .description('how many users and days a decision takes, and which metric is the bottleneck')
    .requiredOption('--spec <file>', 'variants, metrics, roles and rules: .yaml or .json')
    .option('--history <file>', 'past metrics, in the form of --metrics of analyse')
    .option('--users-per-day <n>', 'new users a day, where the history does not say', users)
    .option('--json', 'print one JSON object on stdout')
    .action(async ({ spec: path, history, usersPerDay, json }: PlanFlags) => {
      const spec = await loadSpec(path)
      const limits = { memoryMb: MEMORY_MB, threads: availableParallelism() }
      const past = history === undefined ? null : await summariseHistory(spec, history, limits)
      const steady = usersPerDay ?? spec.plan?.usersPerDay ?? null
      const plan = planReadOut(spec.readOut, {
        histories: { ...baselinesOf(spec), ...past?.histories },
        arrivals: steady === null ? (past?.arrivals ?? null) : { kind: 'steady', unitsPerDay: steady },
        traffic: { triggerRate: spec.plan?.triggerRate ?? 1, designEffect: spec.plan?.designEffect ?? 1 },
        days: CURVE_DAYS,
      })
      printReport(output, { data: plan, text: planText(plan) }, json === true)
    })
}

function baselinesOf({ plan }: FileSpec): Readonly<Record<string, MetricHistory>> {
  const entries = Object.entries(plan?.baselines ?? {}).map(([name, { mean, stdDeviation, rSquared }]) => {
    const variance = stdDeviation === null ? mean * (1 - mean) : stdDeviation ** 2
    return [name, { kind: 'history', units: 0, mean, variance, rSquared } satisfies MetricHistory] as const
  })
  return Object.fromEntries(entries)
}
