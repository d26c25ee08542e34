import { type Circadian, createCircadian } from './circadian.ts'
import { createClock, type WorldClock } from './clock.ts'
import { createDraws, type Draws } from './draws.ts'
import { drawLatents, type Latents } from './latents.ts'
import type { Scenario } from './scenario.ts'
import { type ShiftTable, tabulateShifts } from './shifts.ts'
import { initialState, type WorldState } from './world-state.ts'

/** All that the rules of a world look at. Only `state` changes. */
export interface Kernel {
  readonly scenario: Scenario
  readonly users: number
  readonly days: number
  readonly families: number
  readonly draws: Draws
  readonly clock: WorldClock
  readonly circadian: Circadian
  readonly latents: Latents
  readonly shifts: ShiftTable
  readonly state: WorldState
}

/** Draws people and tables; the same options give the same kernel. */
export function createKernel(
  scenario: Scenario,
  options: { readonly users: number; readonly days: number; readonly seed: number; readonly startAt: number },
): Kernel {
  const draws = createDraws(options.seed)
  const zones = scenario.zones.map((zone) => zone.name)
  const latents = drawLatents(scenario, options.users, draws)
  return {
    scenario,
    users: options.users,
    days: options.days,
    families: scenario.producers.length,
    draws,
    clock: createClock(zones, options.startAt, options.days),
    circadian: createCircadian(scenario.circadian.peaks),
    latents,
    shifts: tabulateShifts(scenario, options.days),
    state: initialState(latents, scenario.producers.length),
  }
}
