import { CHANNELS, type ExperimentDesign, type ExperimentMetric, type ReadOutSpec, windowMs } from '@paloma/core'
import type { Config } from '../config/contract.ts'

/** What a read-out of the log asks beside the decision. */
export interface BesideDecision {
  /** Exploratory metrics that the questions need. */
  readonly metrics: readonly ExperimentMetric[]
  readonly channels: NonNullable<ReadOutSpec['channels']>
  /** The message under test, where one is kept from some users; null where there is none, or several. */
  readonly message: string | null
}

/** Name of the metric that is 1 for users who received the message under test. */
export const RECEIVED = 'received'
/** Days since exposure over which effects are followed for wearing off. */
export const NOVELTY_DAYS = 7

/** Column of the log under which sends of a message stand. */
export function sentColumn(message: string): string {
  return `sent:${message}`
}

/** Questions beside the decision, over the longest window that the metrics of the experiment have. */
export function besideDecision(
  { rules }: Pick<Config, 'rules'>,
  metrics: readonly ExperimentMetric[],
  tried: { readonly message: string | null; readonly treatedChannel: string | null },
): BesideDecision {
  const common: Pick<ExperimentMetric, 'role' | 'regressionAdjustmentSettings' | 'windowSettings'> = {
    ...longestWindow(metrics),
    role: 'exploratory',
    regressionAdjustmentSettings: { enabled: false },
  }
  const isFree = (name: string): boolean => metrics.every((metric) => metric.name !== name)
  const { message, treatedChannel } = isFree(RECEIVED) ? tried : { ...tried, message: null }
  const receipt: readonly ExperimentMetric[] =
    message === null
      ? []
      : [{ ...common, name: RECEIVED, metricType: 'proportion', numerator: { column: sentColumn(message) } }]
  const parts = CHANNELS.filter((channel) => rules.channels[channel] !== undefined).map((channel) => ({
    channel,
    metric: {
      ...common,
      name: `responses by ${channel}`,
      metricType: 'mean',
      numerator: { column: `response@${channel}` },
    } satisfies ExperimentMetric,
  }))
  // One channel displaces nothing.
  const shown = parts.length < 2 || parts.some(({ metric }) => !isFree(metric.name)) ? [] : parts
  const treated = shown.find(({ channel }) => channel === treatedChannel)?.metric.name ?? null
  return {
    message,
    metrics: [...receipt, ...shown.map(({ metric }) => metric)],
    channels:
      shown.length === 0 ? [] : [{ name: 'responses', metrics: shown.map(({ metric }) => metric.name), treated }],
  }
}

function longestWindow(metrics: readonly ExperimentMetric[]): Pick<ExperimentMetric, 'windowSettings'> {
  const windows = metrics.flatMap(({ windowSettings }) => (windowSettings === undefined ? [] : [windowSettings]))
  const [first, ...others] = windows
  if (first === undefined) return {}
  return {
    windowSettings: others.reduce((most, each) => (windowMs(each).until > windowMs(most).until ? each : most), first),
  }
}

/** The message that some variants of an experiment keep from their users; null for none or several. */
export function withheldMessage({ variants }: Pick<ExperimentDesign, 'variants'>): string | null {
  const messages = variants.flatMap(({ change: { messages: own = {} } }) =>
    Object.entries(own).flatMap(([message, { kind }]) => (kind === 'withhold' ? [message] : [])),
  )
  const [first = null, ...others] = [...new Set(messages)]
  return others.length > 0 ? null : first
}

/** The channel whose price alone an experiment changes; null for other changes. */
export function treatedChannel({ variants }: Pick<ExperimentDesign, 'variants'>): string | null {
  const priced = variants.flatMap(({ change: { prices = {} } }) => Object.keys(prices))
  const [first, ...others] = [...new Set(priced)]
  const channel = /^channel:(.+)$/.exec(first ?? '')?.[1]
  return others.length > 0 || channel === undefined ? null : channel
}
