import type { EpochMs } from '../domain/index.ts'
import type { Latents } from './latents.ts'
import type { Scenario } from './scenario.ts'

/** An in-app message that waits for the user's next visit. */
export interface WaitingMessage {
  readonly opportunityId: string
  readonly decisionId: string
  readonly variant: string
  readonly message: string
  readonly from: EpochMs
  readonly expires: EpochMs
}

/** What changes from day to day, one entry per user; `novelty` has one per user and producer, users outermost. */
export interface WorldState {
  readonly fatiguePush: Float64Array
  readonly fatigueEmail: Float64Array
  readonly fatigueInApp: Float64Array
  readonly novelty: Float64Array
  readonly habit: Float64Array
  readonly irritation: Float64Array
  /** Share of the next natural visit that a message-brought visit has already used. */
  readonly pulledForward: Float64Array
  /** How much of the wish to order is satisfied, in [0, 1]. */
  readonly satisfied: Float64Array
  readonly pushOn: Uint8Array
  readonly emailOn: Uint8Array
  readonly installed: Uint8Array
  /** World day of the last visit; starts below 0. */
  readonly lastVisitDay: Int32Array
  readonly lastOrderDay: Int32Array
  readonly waiting: (WaitingMessage | null)[]
}

/** Before the first day: everybody reachable where there is an address, nobody tired. */
export function initialState(latents: Latents, families: number): WorldState {
  const users = latents.zone.length
  const zeros = (): Float64Array => new Float64Array(users)
  return {
    fatiguePush: zeros(),
    fatigueEmail: zeros(),
    fatigueInApp: zeros(),
    novelty: new Float64Array(users * families),
    habit: zeros(),
    irritation: zeros(),
    pulledForward: zeros(),
    satisfied: zeros(),
    pushOn: latents.hasPush.slice(),
    emailOn: latents.hasEmail.slice(),
    installed: new Uint8Array(users).fill(1),
    lastVisitDay: new Int32Array(users).fill(-3),
    lastOrderDay: new Int32Array(users).fill(-1),
    waiting: new Array<WaitingMessage | null>(users).fill(null),
  }
}

/** Users from `from` up to but not `to`, by index. */
export interface UserRange {
  readonly from: number
  readonly to: number
}

/** One night for a range of users: every stock falls by its half-life. */
export function passNight(state: WorldState, scenario: Scenario, range: UserRange): void {
  const families = scenario.producers.length
  const decay = (values: Float64Array, halfLifeDays: number, perUser = 1): void => {
    const keep = 0.5 ** (1 / halfLifeDays)
    for (let index = range.from * perUser; index < range.to * perUser; index += 1) values[index]! *= keep
  }
  decay(state.fatiguePush, scenario.channels.push.fatigueHalfLifeDays)
  decay(state.fatigueEmail, scenario.channels.email.fatigueHalfLifeDays)
  decay(state.fatigueInApp, scenario.channels['in-app'].fatigueHalfLifeDays)
  decay(state.novelty, scenario.response.noveltyHalfLifeDays, families)
  decay(state.habit, scenario.habit.halfLifeDays)
  decay(state.irritation, scenario.irritationHalfLifeDays)
  decay(state.pulledForward, scenario.pullForward.halfLifeDays)
  decay(state.satisfied, scenario.order.recoveryHalfLifeDays)
}
