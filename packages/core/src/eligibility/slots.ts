import {
  atLocalMinute,
  type DecisionTrigger,
  type EpochMs,
  HOUR_MS,
  localTime,
  type QuietHours,
  type Rules,
} from '../domain/index.ts'
import { type QuietSpell, quietSpells } from './quiet-hours.ts'

/** A moment at which candidates of this decision may be sent. */
export interface Slot {
  readonly at: EpochMs
  readonly quiet: readonly QuietSpell[]
  /** Only for candidates that one of these quiet hours makes wait; null means for all. */
  readonly waits: readonly QuietHours[] | null
}

/**
 * The moments a decision may choose, soonest first; equal ones are one. A planned send that fell due has only `now`; a
 * request also has the owner's local hours up to the horizon and the end of the quiet hours that hold now. Where that end
 * lies in further quiet hours, their end is one more.
 */
export function slotsFor(
  rules: Pick<Rules, 'quietHours' | 'slots'>,
  moment: { readonly zone: string; readonly now: EpochMs },
  trigger: DecisionTrigger,
): readonly Slot[] {
  const { zone, now } = moment
  const first: Slot = { at: now, quiet: quietSpells(rules.quietHours, zone, now), waits: null }
  const slots: Slot[] = [first]
  if (trigger === 'planned') return slots
  for (const at of localHoursAfter(rules.slots, moment)) addSlot(slots, at, { rules, zone })
  if (first.quiet.length > 0) addWaits(slots, { rules, zone })
  return slots.length === 1 ? slots : slots.sort((a, b) => a.at - b.at)
}

function localHoursAfter(
  { localHours, horizonHours }: Rules['slots'],
  { zone, now }: { readonly zone: string; readonly now: EpochMs },
): readonly EpochMs[] {
  const moments: EpochMs[] = []
  if (localHours.length === 0) return moments
  const last = now + horizonHours * HOUR_MS
  const lastDay = localTime(zone, last).dayNumber
  for (let day = localTime(zone, now).dayNumber; day <= lastDay; day += 1) {
    for (const hour of localHours) {
      const at = atLocalMinute(zone, day, hour * 60)
      if (at > now && at <= last) moments.push(at)
    }
  }
  return moments
}

interface Clock {
  readonly rules: Pick<Rules, 'quietHours'>
  readonly zone: string
}

function addSlot(slots: Slot[], at: EpochMs, { rules, zone }: Clock): void {
  if (slots.some((slot) => slot.at === at)) return
  slots.push({ at, quiet: quietSpells(rules.quietHours, zone, at), waits: null })
}

/** Follows `wait` from the first slot to its end, and on where that end is quiet again; rules bound how often. */
function addWaits(slots: Slot[], clock: Clock): void {
  let ends: readonly Slot[] = slots.slice(0, 1)
  for (let round = 0; round <= clock.rules.quietHours.length && ends.length > 0; round += 1) {
    const next: Slot[] = []
    for (const { quiet } of ends) {
      for (const { rule, until } of quiet)
        if (rule.behaviour === 'wait') next.push(addWait(slots, until, { ...clock, rule }))
    }
    ends = next
  }
}

function addWait(slots: Slot[], at: EpochMs, { rules, zone, rule }: Clock & { readonly rule: QuietHours }): Slot {
  const index = slots.findIndex((slot) => slot.at === at)
  const known = slots[index]
  if (known === undefined) {
    const slot: Slot = { at, quiet: quietSpells(rules.quietHours, zone, at), waits: [rule] }
    slots.push(slot)
    return slot
  }
  if (known.waits !== null) slots[index] = { ...known, waits: [...known.waits, rule] }
  return known
}
