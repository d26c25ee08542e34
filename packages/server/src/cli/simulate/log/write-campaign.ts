import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash53, PalomaError } from '@paloma/core'
import { DAY_MS } from '@paloma/core/domain'
import { createWorld, type Emit, OPT_OUTS, type World, type WorldOptions } from '@paloma/core/simulation'
import { type TableColumn, type TableRow, writeTable } from '../../table/index.ts'
import { makeLogDirectory } from './log-directory.ts'

/** What users of the campaign got, each by a third of chance. */
const ACTIONS = ['hold', 'push', 'email'] as const
type CampaignAction = (typeof ACTIONS)[number]

/** Outcomes of the days after the campaign count; it goes out on the first day. */
const SEND_HOUR = 18

const COLUMNS: readonly TableColumn[] = [
  { name: 'user', kind: 'text' },
  { name: 'action', kind: 'text' },
  { name: 'plan', kind: 'text' },
  { name: 'platform', kind: 'text' },
  { name: 'tenureDays', kind: 'number' },
  { name: 'visitsPerWeek', kind: 'number' },
  { name: 'orders90d', kind: 'number' },
  { name: 'recencyDays', kind: 'number' },
  { name: 'priceSensitivity', kind: 'number' },
  { name: 'revenue', kind: 'number' },
  { name: 'activeDays', kind: 'number' },
  { name: 'lostChannels', kind: 'number' },
]

const TRAITS = [
  'plan',
  'platform',
  'tenureDays',
  'visitsPerWeek',
  'orders90d',
  'recencyDays',
  'priceSensitivity',
] as const

const number = { kind: 'number', log1p: true } as const

/** The mapping that `paloma import` reads the table with. */
const mappingIn = (currency: string) => ({
  user: { column: 'user' },
  action: {
    column: 'action',
    values: {
      hold: 'hold',
      push: { name: 'push', channel: 'push', cost: 0.005 },
      email: { name: 'email', channel: 'email', cost: 0.005 },
    },
  },
  propensity: { uniform: true },
  outcomes: {
    conversion: { column: 'revenue', weight: 1, unit: currency },
    retention: { column: 'activeDays', weight: 0.1, unit: 'active days' },
    lostReach: { column: 'lostChannels', weight: -25, unit: 'lost channels' },
  },
  features: {
    plan: { kind: 'category' },
    platform: { kind: 'category' },
    tenureDays: number,
    visitsPerWeek: number,
    orders90d: number,
    recencyDays: number,
    priceSensitivity: { kind: 'number' },
  },
})

interface Tally {
  readonly revenue: Float64Array
  readonly lost: Float64Array
  readonly active: readonly Set<number>[]
}

function tally({ options }: World): Tally & { readonly emit: Emit } {
  const { users, days, startAt } = options
  const revenue = new Float64Array(users)
  const lost = new Float64Array(users)
  const active = Array.from({ length: users }, () => new Set<number>())
  const emit: Emit = (happening) => {
    const day = Math.floor((happening.at - startAt) / DAY_MS)
    if (day >= days) return
    revenue[happening.userIndex]! += happening.revenue
    if (happening.kind === 'visit' || happening.kind === 'order') active[happening.userIndex]!.add(day)
    if (OPT_OUTS.has(happening.kind)) lost[happening.userIndex]! += 1
  }
  return { revenue, lost, active, emit }
}

function actionOf({ options, users }: World, index: number): CampaignAction {
  return ACTIONS[Math.floor(hash53(users[index]!.userId, 'campaign', String(options.seed)) * ACTIONS.length)]!
}

function send(
  world: World,
  index: number,
  { channel, emit }: { readonly channel: 'push' | 'email'; readonly emit: Emit },
) {
  const spec = world.options.scenario.producers.find(
    ({ channels }) => channels.includes('push') && channels.includes('email'),
  )
  if (spec === undefined) {
    const got = world.options.scenario.name
    throw new PalomaError(
      'CAMPAIGN_NO_MESSAGE',
      `a campaign needs a producer that writes by push and email, ${got} has none`,
    )
  }
  const { message, category, variants } = spec
  const at = world.momentAt(index, 0, SEND_HOUR)
  const opportunityId = `${message}.d0.u${index}`
  const decision = { variant: variants[0]!.name, opportunityId, decisionId: `campaign.${index}` }
  world.direct.deliver({ userIndex: index, channel, message, category, at, ...decision }, emit)
}

/** Users whom both channels reach, each with the action of chance and what came of it. */
function campaignRows(world: World): readonly TableRow[] {
  const { users, days } = world.options
  const { emit, revenue, lost, active } = tally(world)
  const asked = world.users.filter(({ index }) => world.isReachable(index, 'push') && world.isReachable(index, 'email'))
  for (const { index } of asked) {
    const action = actionOf(world, index)
    if (action !== 'hold') send(world, index, { channel: action, emit })
  }
  for (let day = 0; day < days; day += 1) world.direct.closeDay({ day, from: 0, to: users }, emit)
  return asked.map(({ index, userId, traits }) => ({
    user: userId,
    action: actionOf(world, index),
    ...Object.fromEntries(TRAITS.map((name) => [name, traits[name] ?? null])),
    revenue: Math.round(100 * revenue[index]!) / 100,
    activeDays: active[index]!.size,
    lostChannels: lost[index]!,
  }))
}

/**
 * Writes the table of a campaign in which chance gave each user nothing, a push or an e-mail, and the mapping with which `paloma import`
 * learns from it. Throws CAMPAIGN_NO_MESSAGE and what writing tables throws.
 */
export async function writeCampaign(dir: string, options: WorldOptions): Promise<{ readonly rows: number }> {
  await makeLogDirectory(dir)
  await writeFile(
    join(dir, 'campaign.config.json'),
    `${JSON.stringify(mappingIn(options.scenario.currency), null, 2)}\n`,
  )
  return writeTable(join(dir, 'campaign.csv'), COLUMNS, [campaignRows(createWorld(options))])
}
