import { CHANNELS, type Channel } from '../domain/index.ts'
import { type FeatureContext, fatigueOf } from './context.ts'
import { halved } from './halved.ts'

/** Somebody known for so many days is half a newcomer. */
const NEWCOMER_HALF_LIFE_DAYS = 30

/** How pressed a user is when one more message comes through a channel, along `PRESSURE_NAMES`: what the hazard of losing it depends on. */
export function pressureOf(x: FeatureContext, channel: Channel): readonly number[] {
  let elsewhere = 0
  for (const other of CHANNELS) if (other !== channel && other !== 'in-app') elsewhere += fatigueOf(x, other)
  return [
    1,
    fatigueOf(x, channel),
    elsewhere,
    Math.log1p(x.channels[channel].unanswered),
    halved(x.tenureDays / NEWCOMER_HALF_LIFE_DAYS),
  ]
}
