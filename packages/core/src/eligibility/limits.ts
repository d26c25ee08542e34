import {
  DAY_MS,
  type EpochMs,
  type FrequencyCap,
  HOUR_MS,
  localMidnight,
  localTime,
  MINUTE_MS,
  type PastSend,
  type Refusal,
  type RuleScope,
  type Rules,
} from '../domain/index.ts'
import { isInScope } from './scope.ts'

/** A cap or gap that is used up: it refuses every send in its scope before `freeAt`. */
export interface Limit {
  readonly scope: RuleScope
  readonly freeAt: EpochMs
  readonly refusal: Refusal
}

/** Zones differ from UTC by less than a day and may skip one, so local days reach back at most this much further. */
const CALENDAR_SLACK_DAYS = 3

/**
 * The caps and gaps that still bind at `now`. With sends oldest first, a cap of `max` is decided by one send alone, the
 * max-th newest in its scope: the cap binds until that one has left the window. So one moment answers for every slot.
 * A send dated after the slot (reserved for later) counts as well.
 */
export function bindingLimits(
  rules: Pick<Rules, 'caps' | 'gaps'>,
  sends: readonly PastSend[],
  moment: { readonly zone: string; readonly now: EpochMs },
): readonly Limit[] {
  const limits: Limit[] = []
  for (const cap of rules.caps) {
    const freeAt = capFreeAt(cap, sends, moment)
    if (freeAt > moment.now) limits.push({ scope: cap, freeAt, refusal: refusalOf('capped', cap.name, freeAt) })
  }
  for (const gap of rules.gaps) {
    const lengthMs = gap.minutes * MINUTE_MS
    const last = nthNewest(sends, gap, { nth: 1, since: moment.now - lengthMs })
    if (last === undefined) continue
    const freeAt = last.at + lengthMs
    if (freeAt > moment.now) limits.push({ scope: gap, freeAt, refusal: refusalOf('minimum-gap', gap.name, freeAt) })
  }
  return limits
}

function capFreeAt(
  cap: FrequencyCap,
  sends: readonly PastSend[],
  { zone, now }: { readonly zone: string; readonly now: EpochMs },
): EpochMs {
  if (cap.max < 1) return Number.POSITIVE_INFINITY
  const nth = Math.floor(cap.max)
  if (cap.window.kind === 'rolling') {
    const lengthMs = cap.window.hours * HOUR_MS
    const send = nthNewest(sends, cap, { nth, since: now - lengthMs })
    return send === undefined ? Number.NEGATIVE_INFINITY : send.at + lengthMs
  }
  const { days } = cap.window
  const send = nthNewest(sends, cap, { nth, since: now - (days + CALENDAR_SLACK_DAYS) * DAY_MS })
  if (send === undefined) return Number.NEGATIVE_INFINITY
  return localMidnight(zone, localTime(zone, send.at).dayNumber + days)
}

function nthNewest(
  sends: readonly PastSend[],
  scope: RuleScope,
  { nth, since }: { readonly nth: number; readonly since: EpochMs },
): PastSend | undefined {
  let seen = 0
  for (let i = sends.length - 1; i >= 0; i -= 1) {
    const send = sends[i]!
    if (send.at < since) return undefined
    if (isInScope(scope, send)) seen += 1
    if (seen === nth) return send
  }
  return undefined
}

function refusalOf(reason: 'capped' | 'minimum-gap', rule: string, freeAt: EpochMs): Refusal {
  return Number.isFinite(freeAt) ? { reason, rule, until: freeAt } : { reason, rule }
}
