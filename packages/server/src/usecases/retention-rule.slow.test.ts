import { DAY_MS, type EpochMs, MINUTE_MS, opportunityId, type SendId, sendId, userId } from '@paloma/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import type { SendStatus } from '../store/contract.ts'
import { exampleOpportunity, exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import { KEPT_SINCE } from './kept-since.ts'
import { reserve, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const KEPT_DAYS = 30
const CONFIG: Partial<Config> = { retention: { storeDays: KEPT_DAYS, exportedDays: null } }
/** Midnight before the day that was whole thirty days ago. */
const CUT = Math.floor(NOON / DAY_MS) * DAY_MS - KEPT_DAYS * DAY_MS

/** Moments around the cut, and far from it. */
const moment: fc.Arbitrary<EpochMs> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((ms) => CUT + ms),
  fc.integer({ min: 0, max: 60 * 24 * 60 }).map((minutes) => NOON - minutes * MINUTE_MS),
)

/** What became of a decision that sends: when it was made, when and how its send ended, when the item in the inbox came. */
interface Made {
  readonly at: EpochMs
  readonly end:
    | { readonly kind: 'sent' | 'failed' | 'unknown'; readonly endsAt: EpochMs }
    | { readonly kind: 'reserved' | 'planned' }
  readonly shownAt: EpochMs | null
  readonly expires: EpochMs
}

const made: fc.Arbitrary<Made> = fc.record({
  at: moment,
  end: fc.oneof(
    fc.record({ kind: fc.constantFrom('sent', 'failed', 'unknown'), endsAt: moment }),
    fc.record({ kind: fc.constantFrom('reserved', 'planned') }),
  ),
  shownAt: fc.option(moment, { nil: null }),
  expires: moment,
})

interface Past {
  readonly decisions: readonly Made[]
  readonly outcomes: readonly EpochMs[]
  /** Proposals that nobody chose. */
  readonly idle: readonly { readonly at: EpochMs; readonly expires: EpochMs; readonly isWithdrawn: boolean }[]
}

const past: fc.Arbitrary<Past> = fc.record({
  decisions: fc.array(made, { minLength: 1, maxLength: 12 }),
  outcomes: fc.array(moment, { maxLength: 12 }),
  idle: fc.array(fc.record({ at: moment, expires: moment, isWithdrawn: fc.boolean() }), {
    maxLength: 6,
  }),
})

const USER = 'rule-user'

/** Ends the one send that is reserved, at that moment. */
async function end(
  { store }: UsecaseLab,
  id: SendId,
  { kind, at }: { readonly kind: SendStatus; readonly at: EpochMs },
): Promise<void> {
  const claimed = await store.sends.claim({ now: at, limit: 1 }, () => ({ kind: 'go' }))
  expect(claimed.map(({ send }) => send.sendId)).toEqual([id])
  const result =
    kind === 'sent'
      ? ({ kind, providerMessageId: null } as const)
      : ({ kind: kind as 'failed' | 'unknown', error: 'no' } as const)
  await store.sends.finish([{ sendId: id, result }], at)
}

/** Those that end first, since a claim takes whatever waits. */
function inOrder(decisions: readonly Made[]): readonly (readonly [string, Made])[] {
  const named = decisions.map((each, i) => [`d${i}`, each] as const)
  return named.sort(([, a], [, b]) => Number('endsAt' in b.end) - Number('endsAt' in a.end))
}

async function live(lab: UsecaseLab, { decisions, outcomes, idle }: Past): Promise<void> {
  const { store } = lab
  await store.users.change([{ userId: userId(USER), update: () => exampleProfile(USER) }])
  for (const [id, each] of inOrder(decisions)) {
    const { at } = each
    const sendAt = each.end.kind === 'planned' ? NOON + DAY_MS : at
    await reserve(store, USER, id, { at, sendAt, expires: Math.max(at + 1, each.expires) })
    if ('endsAt' in each.end)
      await end(lab, sendId(`send-${id}`), { kind: each.end.kind, at: Math.max(at, each.end.endsAt) })
    if (each.shownAt === null) continue
    const createdAt = Math.max(at, each.shownAt)
    const item = { sendId: sendId(`send-${id}`), decisionId: id, userId: userId(USER), message: 'm', content: {} }
    await store.inbox.putMany([{ ...item, createdAt, status: 'unseen', statusAt: createdAt } as never])
  }
  await store.outcomes.insertMany(outcomes.map((at, i) => exampleOutcome(`m${i}`, USER, { at })))
  for (const [i, { at, expires, isWithdrawn }] of idle.entries()) {
    const window = { notBefore: at, expires: Math.max(at + 1, expires) }
    await store.opportunities.insertMany([exampleOpportunity(`idle${i}`, USER, { window })], at)
    if (isWithdrawn) await store.opportunities.withdraw(opportunityId(`idle${i}`))
  }
}

/** The rule in words of the decision page, written without a look at how it is done. */
function staying({
  decisions,
  outcomes,
  idle,
}: Past): Record<'decisions' | 'opportunities' | 'outcomes' | 'inbox', readonly string[]> {
  const stays = ({ at, end: ended, shownAt }: Made): boolean =>
    at >= CUT || !('endsAt' in ended) || ended.endsAt >= CUT || (shownAt !== null && shownAt >= CUT)
  const named = decisions.map((each, i) => [`d${i}`, each] as const)
  const isOver = (at: EpochMs, expires: EpochMs): boolean => Math.max(at + 1, expires) < CUT
  return {
    decisions: named.flatMap(([id, each]) => (stays(each) ? [id] : [])).sort(),
    inbox: named.flatMap(([id, each]) => (stays(each) && each.shownAt !== null ? [id] : [])).sort(),
    outcomes: outcomes.flatMap((at, i) => (at >= CUT ? [`m${i}`] : [])).sort(),
    opportunities: [
      ...named.flatMap(([id, each]) => (stays(each) || !isOver(each.at, each.expires) ? [`o-${id}`] : [])),
      ...idle.flatMap(({ at, expires }, i) => (isOver(at, expires) ? [] : [`idle${i}`])),
    ].sort(),
  }
}

async function found({ store }: UsecaseLab, { decisions, idle }: Past): Promise<ReturnType<typeof staying>> {
  const all = { limit: 1_000 }
  const ids = [...decisions.map((_, i) => `o-d${i}`), ...idle.map((_, i) => `idle${i}`)].map(opportunityId)
  const [kept, outcomes, { items }, opportunities] = await Promise.all([
    store.decisions.listByUser(userId(USER), all),
    store.outcomes.listByUser(userId(USER), all),
    store.inbox.list(userId(USER), { ...all, withArchived: true }),
    store.opportunities.get(ids),
  ])
  const sends = await store.sends.byDecision(decisions.map((_, i) => `d${i}` as never))
  expect([...sends.keys()].sort()).toEqual(kept.map(({ decisionId }) => decisionId).sort())
  return {
    decisions: kept.map(({ decisionId }): string => decisionId).sort(),
    inbox: items.map(({ decisionId }): string => decisionId).sort(),
    outcomes: outcomes.map(({ messageId }) => messageId).sort(),
    opportunities: [...opportunities.keys()].map(String).sort(),
  }
}

describe('what a deletion keeps', () => {
  it('is exactly what the rule says, whatever happened, and the same again', async () => {
    const lab = await usecaseLab({ config: CONFIG })
    await fc.assert(
      fc.asyncProperty(past, async (history) => {
        await live(lab, history)
        await lab.due.prune()
        await lab.due.learn()
        await lab.due.retain()
        expect(await found(lab, history)).toEqual(staying(history))
        await lab.due.retain()
        expect(await found(lab, history)).toEqual(staying(history))
        await lab.store.users.erase(userId(USER), NOON)
        await lab.store.registry.deleteSetting(KEPT_SINCE)
      }),
      { seed: 2_024, numRuns: 60, endOnFailure: true },
    )
    await lab.close()
  })
})
