import { type Category, type Channel, DAY_MS, type EpochMs, type Opportunity, PalomaError } from '../domain/index.ts'
import { passDay } from './close-day.ts'
import { deliverMessage, isReachable } from './deliver.ts'
import { type ExpectedEffect, expectedEffect } from './expected-effect.ts'
import { type Emit, type Happening, toWorldEvent, type WorldEvent } from './happening.ts'
import { createKernel, type Kernel } from './kernel.ts'
import { type Truth, truthOf } from './latents.ts'
import { isProposed, proposalOf, proposalOfId, toOpportunity } from './proposal.ts'
import { type Scenario, WORLD_CHANNELS, type WorldChannel } from './scenario.ts'
import { initialState, type UserRange } from './world-state.ts'
import { describeUsers, type WorldUser } from './world-user.ts'

/** One message handed to the world for delivery. */
export interface WorldSend {
  readonly userIndex: number
  readonly channel: Channel
  readonly message: string
  readonly variant: string
  readonly opportunityId: string
  readonly decisionId: string
  readonly at: EpochMs
  readonly category: Category
}

/** A send that is only thought about. */
export type WorldAttempt = Pick<WorldSend, 'channel' | 'variant' | 'opportunityId' | 'at'>

/** Sizes and seed of a world. */
export interface WorldOptions {
  readonly scenario: Scenario
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly startAt: EpochMs
}

/** People who live through days, receive messages and act; the same options give the same people and the same chance. */
export interface World {
  readonly options: WorldOptions
  readonly users: readonly WorldUser[]
  /** The day's new proposals; read them before the day's sends. Ids are unique in the world. */
  opportunitiesOn(day: number): readonly Opportunity[]
  /** What the user does because of this message, by time; much of it lies in the future. Empty on a closed channel. */
  deliver(send: WorldSend): readonly WorldEvent[]
  /** Everybody's natural day after its sends, by time; days close in order, each once. */
  closeDay(day: number): readonly WorldEvent[]
  /** Whether the channel still reaches the user. */
  isReachable(userIndex: number, channel: WorldChannel): boolean
  /** The moment of a world day at which the user's clock shows that hour. */
  momentAt(userIndex: number, day: number, localHour: number): EpochMs
  /** Latents, for tests and oracles only. */
  truth(userIndex: number): Truth
  /** True expected effect of a send now, for tests and oracles only. */
  expect(attempt: WorldAttempt): ExpectedEffect
  /** `deliver` and `closeDay` without events, for runs in memory. */
  readonly direct: DirectWorld
}

/** One day of a range of users. */
export interface DaySpan extends UserRange {
  readonly day: number
}

/**
 * The world without the wording of events: what happens goes to `emit`, in no particular order. Users do not touch each
 * other, so ranges of them may live one after the other; each range must live its days in order.
 */
export interface DirectWorld {
  opportunitiesOf(span: DaySpan): readonly Opportunity[]
  deliver(send: WorldSend, emit: Emit): void
  closeDay(span: DaySpan, emit: Emit): void
  /** Back to the first morning, with the same people. */
  reset(): void
}

function checkOptions({ users, days, seed, scenario }: WorldOptions): void {
  const wholes = { users, days }
  for (const [name, value] of Object.entries(wholes)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new PalomaError('INVALID_WORLD', `${name} must be a whole number ≥ 1, got ${value}`)
    }
  }
  if (!Number.isInteger(seed)) throw new PalomaError('INVALID_WORLD', `seed must be a whole number, got ${seed}`)
  if (scenario.producers.length > 20) {
    throw new PalomaError('INVALID_WORLD', `scenario.producers must be at most 20, got ${scenario.producers.length}`)
  }
}

function worldChannel(channel: Channel): WorldChannel {
  const known = WORLD_CHANNELS.find((name) => name === channel)
  if (known === undefined) {
    throw new PalomaError('UNKNOWN_CHANNEL', `channel must be one of ${WORLD_CHANNELS.join(', ')}, got ${channel}`)
  }
  return known
}

function deliverTo(kernel: Kernel, send: WorldSend, emit: Emit): void {
  const { userIndex, opportunityId, decisionId, message, variant, at } = send
  const proposal = proposalOfId(kernel, opportunityId)
  if (proposal.userIndex !== userIndex) {
    throw new PalomaError('WRONG_USER', `opportunityId must belong to user ${userIndex}, got ${opportunityId}`)
  }
  const cause = { decisionId, message, variant }
  deliverMessage(kernel, { proposal, opportunityId, channel: worldChannel(send.channel), at, cause }, emit)
}

function proposalsOf(kernel: Kernel, { day, from, to }: DaySpan): readonly Opportunity[] {
  const found: Opportunity[] = []
  for (let user = from; user < to; user += 1) {
    for (let family = 0; family < kernel.families; family += 1) {
      const key = { day, family }
      if (isProposed(kernel, user, key)) found.push(toOpportunity(kernel, proposalOf(kernel, user, key)))
    }
  }
  return found
}

/** Keeps what happens later than today until its day, and words what happened by then. */
function eventDiary(startAt: EpochMs, currency: string): (day: number, happened: readonly Happening[]) => WorldEvent[] {
  let later: readonly Happening[] = []
  return (day, happened) => {
    const end = startAt + (day + 1) * DAY_MS
    const all = [...later, ...happened]
    later = all.filter((happening) => happening.at >= end)
    const due = all.filter((happening) => happening.at < end).map((happening) => toWorldEvent(happening, currency))
    return due.sort((a, b) => a.at - b.at)
  }
}

/** The parts of a world that change from run to run. */
interface Run {
  readonly kernel: Kernel
  readonly diary: (day: number, happened: readonly Happening[]) => readonly WorldEvent[]
  readonly nextDay: number
}

function wholeDay(options: WorldOptions, day: number): DaySpan {
  if (!Number.isInteger(day) || day < 0 || day >= options.days) {
    throw new PalomaError('INVALID_DAY', `day must be a whole number in [0, ${options.days}), got ${day}`)
  }
  return { day, from: 0, to: options.users }
}

/** Draws a world. Throws INVALID_WORLD for sizes or a seed that are not whole numbers. */
export function createWorld(options: WorldOptions): World {
  checkOptions(options)
  const { scenario, startAt } = options
  const first = createKernel(scenario, options)
  const { latents, clock } = first
  const begin = (): Run => ({
    kernel: { ...first, state: initialState(latents, first.families) },
    diary: eventDiary(startAt, scenario.currency),
    nextDay: 0,
  })
  let run = begin()
  const direct: DirectWorld = {
    opportunitiesOf: (span) => proposalsOf(run.kernel, span),
    deliver: (send, emit) => deliverTo(run.kernel, send, emit),
    closeDay: (span, emit) => passDay(run.kernel, span, emit),
    reset: () => {
      run = begin()
    },
  }
  return {
    options,
    users: describeUsers(latents, scenario, first.draws),
    direct,
    opportunitiesOn: (day) => proposalsOf(run.kernel, wholeDay(options, day)),
    deliver: (send) => {
      const happened: Happening[] = []
      direct.deliver(send, (happening) => happened.push(happening))
      return happened.map((happening) => toWorldEvent(happening, scenario.currency)).sort((a, b) => a.at - b.at)
    },
    closeDay: (day) => {
      if (day !== run.nextDay) throw new PalomaError('DAY_OUT_OF_ORDER', `day must be ${run.nextDay}, got ${day}`)
      const happened: Happening[] = []
      direct.closeDay(wholeDay(options, day), (happening) => happened.push(happening))
      run = { ...run, nextDay: day + 1 }
      return run.diary(day, happened)
    },
    isReachable: (userIndex, channel) => isReachable(run.kernel, userIndex, channel),
    momentAt: (userIndex, day, hour) => clock.momentAt(latents.zone[userIndex]!, day, hour),
    truth: (userIndex) => truthOf(latents, scenario, userIndex),
    expect: ({ channel, variant, opportunityId, at }) => {
      const proposal = proposalOfId(run.kernel, opportunityId)
      return expectedEffect(run.kernel, { proposal, channel: worldChannel(channel), variant, at })
    },
  }
}
