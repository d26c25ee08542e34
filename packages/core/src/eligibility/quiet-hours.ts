import {
  atLocalMinute,
  type EpochMs,
  type LocalTime,
  localTime,
  MINUTE_MS,
  type QuietHours,
  type Refusal,
} from '../domain/index.ts'

/** Quiet hours that hold at a moment, with the moment they end. */
export interface QuietSpell {
  readonly rule: QuietHours
  readonly until: EpochMs
  readonly refusal: Refusal
}

const NO_SPELLS: readonly QuietSpell[] = []

/** The quiet hours of any scope that hold at a moment of the user's day. */
export function quietSpells(rules: readonly QuietHours[], zone: string, at: EpochMs): readonly QuietSpell[] {
  if (rules.length === 0) return NO_SPELLS
  const local = localTime(zone, at)
  let spells: QuietSpell[] | undefined
  for (const rule of rules) {
    if (!isQuiet(rule, local.minuteOfDay)) continue
    const until = endOf(rule, local, { zone, at })
    spells ??= []
    spells.push({ rule, until, refusal: { reason: 'quiet-hours', rule: nameOf(rule), until } })
  }
  return spells ?? NO_SPELLS
}

/** Whether the wall clock shows a minute in `[start, end)`; equal ends mean no quiet hours. */
export function isQuiet({ startMinute, endMinute }: QuietHours, minuteOfDay: number): boolean {
  if (startMinute <= endMinute) return minuteOfDay >= startMinute && minuteOfDay < endMinute
  return minuteOfDay >= startMinute || minuteOfDay < endMinute
}

function endOf(
  { startMinute, endMinute }: QuietHours,
  { dayNumber, minuteOfDay }: LocalTime,
  { zone, at }: { readonly zone: string; readonly at: EpochMs },
): EpochMs {
  const isTomorrow = startMinute > endMinute && minuteOfDay >= startMinute
  const end = atLocalMinute(zone, isTomorrow ? dayNumber + 1 : dayNumber, endMinute)
  if (end > at) return end
  // The clock was set back and shows these quiet hours a second time: they end when it reaches the minute again.
  return Math.floor(at / MINUTE_MS) * MINUTE_MS + (endMinute - minuteOfDay) * MINUTE_MS
}

function nameOf({ startMinute, endMinute }: QuietHours): string {
  return `${clock(startMinute)}-${clock(endMinute)}`
}

function clock(minuteOfDay: number): string {
  const hours = String(Math.floor(minuteOfDay / 60)).padStart(2, '0')
  return `${hours}:${String(minuteOfDay % 60).padStart(2, '0')}`
}
