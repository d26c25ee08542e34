import {
  type Channel,
  DAY_MS,
  type DualPrice,
  type EpochMs,
  groupOf,
  HOUR_MS,
  nextDualPrice,
  type PolicySpec,
  type PolicyState,
  type PriceTarget,
  priceUnitOf,
  type TargetUse,
} from '@paloma/core'
import type { TimeSpan } from '../store/contract.ts'
import type { Deps } from './deps.ts'
import { othersTurn } from './learned-pages.ts'
import type { Notes } from './notes.ts'

type PriceDeps = Pick<Deps, 'store' | 'config'>
type DualPrices = NonNullable<PolicyState['dualPrices']>

const MILLION = 1_000_000
/** Policies that look at no price: what they send says nothing of it, and a price would only wind up. */
const PRICELESS: ReadonlySet<PolicySpec['kind']> = new Set(['cadence', 'random', 'holdout'])

/**
 * The prices of all targets after the UTC days that are over: a step each, from what the users whom Paloma decides for were sent on them; as they were where no day
 * is over, or where Paloma's own policy looks at no price. Undefined without targets.
 */
export async function dualPricesNow(
  deps: PriceDeps,
  { dualPrices: known = {} }: Pick<PolicyState, 'dualPrices'>,
  { at, notes }: { readonly at: EpochMs; readonly notes: Notes },
): Promise<PolicyState['dualPrices']> {
  const { priceTargets: targets, groups, learning } = deps.config
  if (targets.length === 0) return undefined
  const until = Math.floor((at - learning.latenessHours * HOUR_MS) / DAY_MS) * DAY_MS
  const isDue = targets.some(({ name }) => (known[name]?.until ?? 0) < until)
  if (!isDue || PRICELESS.has(groups.paloma.policy.kind)) return kept(targets, known)
  const users = Math.round(((await deps.store.users.count()) * groups.paloma.share) / MILLION)
  const counted = new Map<EpochMs, Counts>()
  const next: Record<string, DualPrice> = {}
  for (const target of targets) {
    const before = known[target.name]
    const from = before?.until ?? until - DAY_MS
    if (from >= until) {
      if (before !== undefined) next[target.name] = before
      continue
    }
    const counts = counted.get(from) ?? (await countsOf(deps, { from, until }))
    counted.set(from, counts)
    const use = useOf(deps, target, { counts, users, days: (until - from) / DAY_MS })
    const unit = priceUnitOf(target, deps.config.objectives)
    const price = nextDualPrice(before, { target, use, unit, at: until })
    tellLimit(target, { before, price, notes })
    next[target.name] = price
  }
  return next
}

/** Prices of targets that are gone are forgotten. */
function kept(targets: readonly PriceTarget[], known: DualPrices): PolicyState['dualPrices'] {
  const left = targets.flatMap(({ name }): [string, DualPrice][] =>
    known[name] === undefined ? [] : [[name, known[name]]],
  )
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

interface Counts {
  readonly sends: Map<Channel, number>
  readonly losses: Map<Channel, number>
}

/** Sends and losses of Paloma's users, by channel. */
async function countsOf({ store, config }: PriceDeps, span: TimeSpan): Promise<Counts> {
  const isOurs = groupTest(config)
  const counts: Counts = { sends: new Map(), losses: new Map() }
  for await (const page of store.sends.decidedIn(span)) {
    await othersTurn()
    for (const { userId, channel } of page) if (isOurs(userId)) addOne(counts.sends, channel)
  }
  for (const { userId, channel } of await store.outcomes.lossesIn(span)) {
    if (channel !== null && isOurs(userId)) addOne(counts.losses, channel)
  }
  return counts
}

function groupTest({ groups, groupSalt }: Deps['config']): (userId: string) => boolean {
  return (userId) => groupOf(groups, groupSalt, userId) === 'paloma'
}

function addOne(counts: Map<Channel, number>, channel: Channel): void {
  counts.set(channel, (counts.get(channel) ?? 0) + 1)
}

/** What of the counts a target looks at. */
function useOf(
  { config }: PriceDeps,
  { channel }: PriceTarget,
  { counts, users, days }: { readonly counts: Counts; readonly users: number; readonly days: number },
): TargetUse {
  const concerns = ([each]: readonly [Channel, number]): boolean => channel === undefined || each === channel
  const sends = [...counts.sends].filter(concerns)
  const sum = (parts: readonly (readonly [Channel, number])[]): number => parts.reduce((all, [, n]) => all + n, 0)
  const spend = sends.reduce((all, [each, n]) => all + n * (config.rules.channels[each]?.pricePerSend ?? 0), 0)
  return { users, days, sends: sum(sends), losses: sum([...counts.losses].filter(concerns)), spend }
}

/** Says when a target turns out to be out of reach. */
function tellLimit(
  { name, measure, atMost }: PriceTarget,
  {
    before,
    price,
    notes,
  }: { readonly before: DualPrice | undefined; readonly price: DualPrice; readonly notes: Notes },
): void {
  if (!price.atLimit || before?.atLimit === true) return
  notes.say(
    `price target ${name} is out of reach: ${price.measured} ${measure} at the highest price, not ${atMost}; look at the policy's floor, or raise atMost`,
  )
}
