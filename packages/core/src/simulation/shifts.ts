import type { Scenario, ShiftSpec } from './scenario.ts'

/** What holds on one day for one message family, all shifts that have begun taken together. */
export interface Shifted {
  readonly openLogit: number
  readonly influence: number
  readonly orderLift: number
  readonly habit: number
}

/** The shifts of a scenario as tables by day. */
export interface ShiftTable {
  /** What holds on a world day; days outside the run count as its first or last. */
  of(day: number, family: number): Shifted
  /** Added to the logit of everybody's natural visit. */
  visitLogit(day: number): number
}

const UNSHIFTED: Shifted = { openLogit: 0, influence: 1, orderLift: 1, habit: 1 }
const NO_SHIFTS: ShiftTable = { of: () => UNSHIFTED, visitLogit: () => 0 }

function isMeant(shift: ShiftSpec, { message, category }: Scenario['producers'][number]): boolean {
  return shift.messages?.includes(message) ?? category !== 'transactional'
}

function together(shifts: readonly ShiftSpec[]): Shifted {
  const product = (pick: (shift: ShiftSpec) => number | undefined): number =>
    shifts.reduce((value, shift) => value * (pick(shift) ?? 1), 1)
  return {
    openLogit: shifts.reduce((sum, shift) => sum + (shift.openLogit ?? 0), 0),
    influence: product((shift) => shift.influence),
    orderLift: product((shift) => shift.orderLift),
    habit: product((shift) => shift.habit),
  }
}

/** Tabulates what has begun by each day of a run. */
export function tabulateShifts({ shifts = [], producers }: Scenario, days: number): ShiftTable {
  if (shifts.length === 0) return NO_SHIFTS
  const table = Array.from({ length: days }, (_, day) => {
    const begun = shifts.filter(({ fromDay }) => fromDay <= day)
    return {
      visitLogit: begun.reduce((sum, { visitLogit = 0 }) => sum + visitLogit, 0),
      families: producers.map((spec) => together(begun.filter((shift) => isMeant(shift, spec)))),
    }
  })
  const at = (day: number): (typeof table)[number] => table[Math.min(days - 1, Math.max(0, day))]!
  return { of: (day, family) => at(day).families[family]!, visitLogit: (day) => at(day).visitLogit }
}
