import { type FactMetric, HISTORY_MS, PRE_DAYS } from '@paloma/core/domain'
import { z } from 'zod'
import type { Config } from './contract.ts'

const DAY_MS = 86_400_000
const HOURS_PER_DAY = 24
const MOST_DAYS = 36_525
/** Days are deleted whole and a little after they became too old: one more on either side. */
const MARGIN_DAYS = 2

const days = z.int().min(1).max(MOST_DAYS).nullable()

/** How long the store and the exported history are kept. */
export const retentionSchema: z.ZodType<Config['retention']> = z.strictObject({ storeDays: days, exportedDays: days })

/** So many days something needs, and what. */
interface Need {
  readonly days: number
  readonly reason: string
}

/** The fewest days that the store must keep under the rest of the configuration, and what asks for them. */
export function leastStoreDays(config: Config): Need {
  return needs(config)
    .map(({ days: needed, reason }) => ({ days: Math.ceil(needed) + MARGIN_DAYS, reason }))
    .reduce((most, each) => (each.days > most.days ? each : most))
}

function needs(config: Config): readonly Need[] {
  const { latenessHours, relearnDays } = config.learning
  const lookBack = HISTORY_MS / DAY_MS
  return [
    { days: lookBack, reason: `caps, gaps and features look back ${lookBack} days` },
    { days: relearnDays, reason: `learning.relearnDays is ${relearnDays}` },
    ...config.objectives.map(({ name, windowHours }) => ({
      days: (windowHours + latenessHours) / HOURS_PER_DAY,
      reason: `the window of objective ${name} is ${windowHours} h, and learning.latenessHours ${latenessHours}`,
    })),
    ...config.metrics.map((metric) => ({
      days: preDaysOf(metric),
      reason: `metric ${metric.name} looks ${preDaysOf(metric)} days back from exposure`,
    })),
    ...alwaysOnNeeds(config),
  ]
}

/** Holdouts of layers and withheld messages are never started, so that nothing says since when their rows are needed. */
function alwaysOnNeeds({ experiments: { layers, withholding }, objectives }: Config): readonly Need[] {
  const hours = Math.max(...objectives.map(({ windowHours }) => windowHours))
  const read = PRE_DAYS + hours / HOURS_PER_DAY
  const held = layers.filter(({ holdoutShare }) => holdoutShare > 0)
  return [
    ...held.map(({ name }) => ({
      days: read,
      reason: `the holdout of layer ${name} is read from ${PRE_DAYS} days before exposure to ${hours} h after it`,
    })),
    ...(withholding === null
      ? []
      : [
          {
            days: withholding.periodDays + read,
            reason: `withheld messages are read over periods of ${withholding.periodDays} days, from ${PRE_DAYS} days before`,
          },
        ]),
  ]
}

function preDaysOf({ regressionAdjustmentSettings: own }: FactMetric): number {
  return own?.days ?? PRE_DAYS
}

/** What of the retention does not agree with the rest. */
export function wrongRetention(
  config: Config,
): readonly { readonly path: readonly string[]; readonly message: string; readonly input: unknown }[] {
  const { storeDays, exportedDays } = config.retention
  const least = leastStoreDays(config)
  const wrong = []
  if (storeDays !== null && storeDays < least.days) {
    const message = `expected at least ${least.days} days, because ${least.reason}`
    wrong.push({ path: ['retention', 'storeDays'], message, input: storeDays })
  }
  if (exportedDays !== null && (storeDays === null || exportedDays < storeDays)) {
    const message = `expected at least retention.storeDays (${storeDays ?? 'for ever'}), because what is still in the store would be exported again`
    wrong.push({ path: ['retention', 'exportedDays'], message, input: exportedDays })
  }
  return wrong
}
