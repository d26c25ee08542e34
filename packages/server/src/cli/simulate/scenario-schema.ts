import { CATEGORIES, CHANNELS } from '@paloma/core/domain'
import { type Scenario, WORLD_CHANNELS } from '@paloma/core/simulation'
import { z } from 'zod'

/** The world keeps purposes of chance apart for so many producers. */
const MAX_PRODUCERS = 20
const MAX_USERS = 1_000_000
const MAX_DAYS = 3_650

const name = z.string().min(1).max(200)
const logit = z.number().min(-20).max(20)
const share = z.number().min(0).max(1)
const spread = z.number().min(0).max(10)
const factor = z.number().min(0).max(100)
const days = z.number().positive().max(MAX_DAYS)
const hour = z.number().min(0).max(24)
const timeZone = name.refine(isTimeZone, { error: 'expected an IANA time zone such as "Europe/Berlin"' })

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch (cause) {
    if (cause instanceof RangeError) return false
    throw cause
  }
}

const archetype = z.strictObject({
  weight: z.number().min(0).max(1),
  byPlan: z.array(z.number().min(-1).max(1)),
  ifLongTenure: z.number().min(-1).max(1),
  visitLogit: logit,
  responseLogit: logit,
  lift: factor,
  substitution: share,
  irritation: z.number().min(0).max(10),
  hazard: factor,
})

const channelSpec = z.strictObject({
  openLogit: logit,
  responseSd: spread,
  clickLogit: logit,
  influence: share,
  fatigueHalfLifeDays: days,
  fatigueWeight: z.number().min(0).max(10),
  optOutHazard: share,
  optOutGrowth: z.number().min(0).max(10),
  openMedianMinutes: z.number().positive().max(100_000),
  failure: share,
})

const variant = z.strictObject({
  name,
  openLogit: logit,
  priceTilt: logit,
  content: z.partialRecord(z.enum(CHANNELS), z.record(name, z.string().max(10_000))),
})

const trigger = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('daily'), chance: share }),
  z.strictObject({ kind: z.literal('lapsed'), chance: share, afterDays: z.int().min(0).max(MAX_DAYS) }),
  z.strictObject({ kind: z.literal('ordered'), chance: share }),
])

const producer = z.strictObject({
  producer: name,
  message: name,
  category: z.enum(CATEGORIES),
  topic: name,
  channels: z.array(z.enum(WORLD_CHANNELS)).min(1),
  trigger,
  windowDays: z.int().min(1).max(60),
  orderLift: factor,
  openLogit: logit,
  claimStyle: z.enum(['honest', 'inflated', 'stale', 'none']),
  claimScale: z.number().min(0).max(1_000_000),
  claimNoiseSd: spread,
  variants: z.array(variant).min(1),
})

const shift = z.strictObject({
  fromDay: z.int().min(0).max(MAX_DAYS),
  messages: z.array(name).exactOptional(),
  openLogit: logit.exactOptional(),
  influence: factor.exactOptional(),
  orderLift: factor.exactOptional(),
  habit: z.number().min(-100).max(100).exactOptional(),
  visitLogit: logit.exactOptional(),
})

const shares = <T extends z.ZodType<string>>(named: T) =>
  z
    .array(z.strictObject({ name: named, share }))
    .min(1)
    .refine((list) => list.some((entry) => entry.share > 0), { error: 'expected a share above 0' })

function checkNames(scenario: Scenario, context: z.core.$RefinementCtx): void {
  const { producers, plans, archetypes, shifts = [] } = scenario
  const messages = producers.map(({ message }) => message)
  const fault = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message })
  for (const [i, message] of messages.entries()) {
    if (messages.indexOf(message) < i) fault(['producers', i, 'message'], 'expected a message no other producer has')
  }
  for (const [i, { byPlan }] of archetypes.entries()) {
    if (byPlan.length === plans.length) continue
    fault(['archetypes', i, 'byPlan'], `expected one number per plan (${plans.length})`)
  }
  for (const [i, { messages: meant = [] }] of shifts.entries()) {
    if (meant.every((message) => messages.includes(message))) continue
    fault(['shifts', i, 'messages'], `expected messages of the producers (${messages.join(', ')})`)
  }
}

/** A scenario as it is written to a file. */
export const scenarioSchema: z.ZodType<Scenario> = z
  .strictObject({
    name,
    currency: name,
    zones: shares(timeZone),
    plans: shares(name),
    longTenureDays: days,
    meanTenureDays: days,
    archetypes: z.tuple([archetype, archetype, archetype, archetype]),
    reach: z.strictObject({
      iosShare: share,
      pushIos: share,
      pushAndroid: share,
      email: share,
      deadAddress: share,
      mailProxy: share,
    }),
    visit: z.strictObject({
      logit,
      logitSd: spread,
      weekendLogit: logit,
      seasonLogit: logit,
      driftPerDay: z.number().min(-1).max(1),
      driftSdPerDay: z.number().min(0).max(1),
      keptAfterUninstall: share,
    }),
    order: z.strictObject({
      logit,
      logitSd: spread,
      meanValue: z.number().min(0).max(1_000_000),
      valueSdLog: spread,
      revenueSdLog: spread,
      recoveryHalfLifeDays: days,
      delayedShare: share,
      delayMeanDays: z.number().min(0).max(MAX_DAYS),
    }),
    valuePerVisit: z.number().min(0).max(1_000_000),
    channels: z.strictObject({ push: channelSpec, email: channelSpec, 'in-app': channelSpec }),
    response: z.strictObject({
      affinityWeight: logit,
      relevanceWeight: logit,
      circadianWeight: logit,
      relevanceLift: logit,
      affinityLift: logit,
      noveltyPenalty: z.number().min(0).max(10),
      noveltyHalfLifeDays: days,
    }),
    habit: z.strictObject({ perOpen: share, halfLifeDays: days, visitLogit: logit }),
    pullForward: z.strictObject({ share, halfLifeDays: days }),
    irritationHalfLifeDays: days,
    harm: z.strictObject({
      toleranceSdLog: spread,
      openedShare: share,
      complaint: share,
      uninstall: share,
      uninstallGrowth: z.number().min(0).max(10),
      relevanceHazard: logit,
    }),
    circadian: z.strictObject({
      peaks: z
        .array(
          z.strictObject({ hour, weight: z.number().positive().max(1_000), kappa: z.number().positive().max(200) }),
        )
        .min(1),
      shiftSdHours: z.number().min(0).max(12),
    }),
    producers: z.array(producer).min(1).max(MAX_PRODUCERS),
    usualHour: hour.exactOptional(),
    shifts: z.array(shift).exactOptional(),
    size: z.strictObject({ users: z.int().min(1).max(MAX_USERS), days: z.int().min(1).max(MAX_DAYS) }).exactOptional(),
    about: z.string().max(1_000).exactOptional(),
  })
  .superRefine(checkNames)
