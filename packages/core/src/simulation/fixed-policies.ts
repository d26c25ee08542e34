import { type Opportunity, PalomaError } from '../domain/index.ts'
import { createDraws } from './draws.ts'
import type { ExpectedEffect } from './expected-effect.ts'
import { type Choose, type RunContext, type RunSend, sendMoment } from './run-world.ts'
import { WORLD_CHANNELS, type WorldChannel } from './scenario.ts'
import type { World } from './world.ts'

const USUAL_HOUR = 18
const HOURS = [8, 12, 18, 20] as const
const PER_WEEK = 3
const INTRUSIVE: readonly WorldChannel[] = ['push', 'email']

function claimed(offer: Opportunity): number {
  return offer.claims[0]?.estimate ?? 0
}

function channelsOf(offer: Opportunity, context: RunContext): readonly WorldChannel[] {
  return WORLD_CHANNELS.filter((channel) => offer.channels.includes(channel) && context.channels.includes(channel))
}

function bestClaim(context: RunContext, channels: readonly WorldChannel[], localHour: number): RunSend | null {
  let best: RunSend | null = null
  for (const offer of context.offers) {
    const channel = channelsOf(offer, context).find((name) => channels.includes(name))
    if (channel === undefined || (best !== null && claimed(offer) <= claimed(best.offer))) continue
    best = { offer, channel, variant: offer.variants[0]!.name, localHour }
  }
  return best
}

/** The local hour at which the world's business as usual sends. */
export function usualHourOf(world: World): number {
  return world.options.scenario.usualHour ?? USUAL_HOUR
}

/** Never sends: what people do by themselves. */
export function neverSend(): Choose {
  return () => null
}

/** Every day the highest claim, by push where it can, else by e-mail. */
export function dailyPush(localHour: number = USUAL_HOUR): Choose {
  return (context) => bestClaim(context, ['push'], localHour) ?? bestClaim(context, INTRUSIVE, localHour)
}

/** What a fixed cadence does. */
export interface CadenceOptions {
  /** Days of the week with a send, 1 to 7, spread evenly from the first. */
  readonly perWeek?: number
  readonly localHour?: number
  readonly channels?: readonly WorldChannel[]
}

/**
 * Business as usual: on so many days a week the highest claim through its first open channel, push before e-mail. Throws
 * INVALID_CADENCE for other than 1 to 7 days a week.
 */
export function cadence({
  perWeek = PER_WEEK,
  localHour = USUAL_HOUR,
  channels = INTRUSIVE,
}: CadenceOptions = {}): Choose {
  if (!Number.isInteger(perWeek) || perWeek < 1 || perWeek > 7) {
    throw new PalomaError('INVALID_CADENCE', `perWeek must be a whole number in [1, 7], got ${perWeek}`)
  }
  const days = new Set(Array.from({ length: perWeek }, (_, i) => Math.floor((i * 7) / perWeek)))
  return (context) => (days.has(context.day % 7) ? bestClaim(context, channels, localHour) : null)
}

function allSends(context: RunContext, channels: readonly WorldChannel[]): readonly RunSend[] {
  return context.offers.flatMap((offer) =>
    channelsOf(offer, context)
      .filter((channel) => channels.includes(channel))
      .flatMap((channel) =>
        offer.variants.flatMap(({ name }) =>
          (channel === 'in-app' ? [HOURS[0]] : HOURS).map((localHour) => ({
            offer,
            channel,
            variant: name,
            localHour,
          })),
        ),
      ),
  )
}

/** Half of all days any open send, each alike. */
export function randomHalf(seed: number): Choose {
  const draws = createDraws(seed)
  return (context) => {
    if (draws.uniform(context.user.index, context.day, 1) < 0.5) return null
    const sends = allSends(context, WORLD_CHANNELS)
    return sends[Math.floor(draws.uniform(context.user.index, context.day, 2) * sends.length)] ?? null
  }
}

function effectOf(world: World, context: RunContext, send: RunSend): ExpectedEffect {
  const at = sendMoment(world, send, context.day)
  return world.expect({ channel: send.channel, variant: send.variant, opportunityId: send.offer.id, at })
}

function argmax(sends: readonly RunSend[], score: (send: RunSend) => number): { send: RunSend | null; score: number } {
  let best: { send: RunSend | null; score: number } = { send: null, score: -Infinity }
  for (const send of sends) {
    const value = score(send)
    if (value > best.score) best = { send, score: value }
  }
  return best
}

/** Knows every response and every day sends what is opened most, by push or e-mail, whatever it costs. */
export function myopicResponse(world: World): Choose {
  return (context) => argmax(allSends(context, INTRUSIVE), (send) => effectOf(world, context, send).response).send
}

/** What a lost day of reach is worth to the oracle, and when it would rather wait. */
export interface OracleOptions {
  /** Sends per day that a channel would still carry. */
  readonly futureSendsPerDay: number
  /** Counted beyond the end of the run. */
  readonly extraDays: number
  /** Sends only above this share of the user's usual best value: the price of fatigue. */
  readonly patience: number
}

const USUAL_VALUE = 0.15
const USUAL_WEIGHT = 0.1
const LOST_WITH_APPLICATION = 0.65

/**
 * Knows the true expected effect of every send: value − hazard × what the channel would still bring, and waits for a
 * better day unless today's best beats `patience` × the user's usual best. A one-step rule, so near the optimum, not at it.
 */
export function oracle(
  world: World,
  { futureSendsPerDay = 0.3, extraDays = 30, patience = 0.7 }: Partial<OracleOptions> = {},
): Choose {
  const usual = new Float64Array(world.options.users).fill(USUAL_VALUE)
  return (context) => {
    const user = context.user.index
    const daysLeft = world.options.days - context.day + extraDays
    const reachValue = usual[user]! * futureSendsPerDay * daysLeft
    const best = argmax(allSends(context, WORLD_CHANNELS), (send) => {
      const { value, optOut, uninstall, naturalValuePerDay } = effectOf(world, context, send)
      const appValue = naturalValuePerDay * LOST_WITH_APPLICATION * daysLeft
      return value - optOut * reachValue - uninstall * (appValue + reachValue)
    })
    usual[user]! += USUAL_WEIGHT * (Math.max(0, best.score) - usual[user]!)
    return best.score > Math.max(0, patience * usual[user]!) ? best.send : null
  }
}

/** The yardsticks by name, made for one world. */
export function fixedPolicies(world: World): Readonly<Record<string, Choose>> {
  const localHour = usualHourOf(world)
  return {
    never: neverSend(),
    daily: dailyPush(localHour),
    cadence: cadence({ localHour }),
    random: randomHalf(world.options.seed + 1),
    myopic: myopicResponse(world),
    oracle: oracle(world),
  }
}
