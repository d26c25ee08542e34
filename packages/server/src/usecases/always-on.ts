import { BUCKETS, DAY_MS, type EpochMs, type Phase, rangesOf, withheldShare } from '@paloma/core'
import type { Config } from '../config/contract.ts'

/** What is tried on some users all the time, without ever being started. */
export interface AlwaysOn {
  /** Its only phase. */
  readonly phase: Pick<Phase, 'ranges'>
  /** Those who go without. */
  readonly control: string
  /** Null: since it was configured. */
  readonly since: EpochMs | null
  readonly until: EpochMs | null
  /** The message that is kept back; null for a layer. */
  readonly message: string | null
}

/**
 * What `layer:<name>` or `withhold:<message>:<period>` stands for under this configuration: a layer's holdout, or one
 * period of keeping a message from a random share; undefined for neither.
 */
export function alwaysOn({ experiments }: Pick<Config, 'experiments'>, key: string): AlwaysOn | undefined {
  const { layers, withholding } = experiments
  const layer = layers.find(({ name }) => key === `layer:${name}`)
  if (layer !== undefined) return { ...split('holdout', layer.holdoutShare), since: null, until: null, message: null }
  const [, message = '', period = ''] = /^withhold:(.+):(\d{1,9})$/.exec(key) ?? []
  if (withholding === null || message === '') return undefined
  const since = Number(period) * withholding.periodDays * DAY_MS
  const until = since + withholding.periodDays * DAY_MS
  return { ...split('withheld', withheldShare(withholding, message)), since, until, message }
}

function split(control: string, share: number): Pick<AlwaysOn, 'phase' | 'control'> {
  const open = { name: 'open', share: BUCKETS - share }
  return { control, phase: { ranges: rangesOf([{ name: control, share }, open]) } }
}
