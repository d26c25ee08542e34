import { DAY_MS, type Decision, decisionId, type EpochMs, HOUR_MS, randomFrom, userId } from '@paloma/core'
import type { Config } from '../../config/contract.ts'
import { defaultConfig } from '../../config/default-config.ts'
import { exampleOpportunity, NOON } from '../../store/testing/examples.ts'
import { type LabOptions, OPEN_RULES, type UsecaseLab, usecaseLab } from './usecase-lab.ts'

/** Half of the decisions hold; who is sent an email visits more, by push less often. */
const VISIT_CHANCE = { hold: 0.2, email: 0.5, push: 0.3 } as const
const OPT_OUT_CHANCE = 0.04

/** What a shop decides with: one quick objective, so that windows close soon, and enough chance. */
export const SHOP: Partial<Config> = {
  objectives: [
    {
      name: 'visits',
      events: ['App Visited'],
      aggregate: 'any',
      windowHours: 24,
      unit: 'visits',
      weight: 1,
      priorEffect: { email: 0.1, push: 0.05 },
      priorEffectSd: 0.2,
      noiseSd: 0.45,
    },
  ],
  rules: { ...OPEN_RULES, slots: { localHours: [], horizonHours: 0 } },
  groups: {
    ...defaultConfig.groups,
    paloma: { share: 1_000_000, policy: { kind: 'thompson', floor: 0.3, sharpness: 1 } },
  },
}

export interface ShopOptions extends LabOptions {
  readonly people: number
  readonly days: number
  readonly seed?: string
}

/** A lab whose people were each decided for once a day, from NOON on, and came or did not; the windows of all but the last day have closed. */
export async function decidedShop({ people, days, seed = 'shop', config, ...rest }: ShopOptions): Promise<UsecaseLab> {
  const lab = await usecaseLab({ ...rest, config: { ...SHOP, ...config } })
  await liveInShop(lab, { people, days, seed, moveTo: (at) => lab.clock.set(Math.max(at, lab.clock.now())) })
  return lab
}

/** Lets a server or a lab, whose clock stands at NOON, decide so. */
export async function liveInShop(
  lab: Pick<UsecaseLab, 'usecases' | 'store'>,
  options: ShopOptions & { readonly moveTo: (at: EpochMs) => unknown },
): Promise<void> {
  const { people, days, seed = 'shop', moveTo } = options
  const random = randomFrom(seed)
  const ids = Array.from({ length: people }, (_, i) => `u${i}`)
  const addresses = (id: string): { readonly email: string; readonly pushToken: string } => ({
    ...{ email: `${id}@example.org`, pushToken: id },
  })
  await lab.usecases.users.upsert(ids.map((id) => ({ userId: userId(id), addresses: addresses(id) })))
  for (let day = 0; day < days; day += 1) {
    const at = NOON + day * DAY_MS
    await moveTo(at)
    const content = { email: { subject: 'Hi', html: 'Hi' }, push: { title: 'Hi', body: 'Hi' } }
    await lab.usecases.opportunities.propose(
      ids.map((id) =>
        exampleOpportunity(`o-${day}-${id}`, id, {
          variants: [{ name: 'default', content }],
          window: { notBefore: at - HOUR_MS, expires: at + 2 * HOUR_MS },
        }),
      ),
    )
    const asked = ids.map((id) => ({
      ...{ decisionId: decisionId(`d-${day}-${id}`), userId: userId(id), context: {}, deliver: false },
    }))
    await lab.usecases.decisions.decide(asked)
    const made = await lab.store.decisions.getMany(asked.map((each) => each.decisionId))
    await live(lab, [...made.values()], random)
  }
  if (days > 0) await moveTo(NOON + (days + 1) * DAY_MS)
}

async function live(lab: Pick<UsecaseLab, 'usecases'>, made: readonly Decision[], random: () => number): Promise<void> {
  const events = made.flatMap(({ actions, chosen, userId: id, decisionId: decision, at }) => {
    const action = actions[chosen]!
    const channel = action.kind === 'hold' ? 'hold' : action.channel === 'email' ? 'email' : 'push'
    const [comes, leaves] = [random() < VISIT_CHANCE[channel], random() < OPT_OUT_CHANCE]
    const event = (name: string) => ({
      ...{ type: 'track' as const, messageId: `${name}-${decision}`, userId: id, name, timestamp: at + HOUR_MS },
      ...{ properties: {}, traits: {}, context: {} },
    })
    return [
      ...(comes ? [event('App Visited')] : []),
      ...(leaves && channel === 'push' ? [event('Push Notification Bounced')] : []),
    ]
  })
  if (events.length > 0) await lab.usecases.events.ingest(events)
}
