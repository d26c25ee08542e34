import { DAY_MS, decisionId, type PolicyState } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'
import { OPEN_RULES } from './testing/usecase-lab.ts'

const USERS = Array.from({ length: 40 }, (_, i) => `u${i}`)
const CONFIG = {
  // Everybody is sent to who can be: the score of every send is far above 0 until it is priced.
  objectives: defaultConfig.objectives
    .filter(({ name }) => name === 'conversion')
    .map((objective) => ({ ...objective, priorEffect: { email: 1 } })),
  rules: { ...OPEN_RULES, slots: { localHours: [], horizonHours: 0 } },
  groups: {
    ...defaultConfig.groups,
    paloma: { share: 1_000_000, policy: { kind: 'thompson', floor: 0.02, sharpness: 100 } } as const,
  },
  priceTargets: [
    { name: 'volume', measure: 'sendsPerUserWeek', channel: 'email', atMost: 2 } as const,
    { name: 'push-volume', measure: 'sendsPerUserWeek', channel: 'push', atMost: 2 } as const,
  ],
}

/** Everybody is decided for about a proposal of today. */
async function liveADay(lab: ArrivalsLab, day: number): Promise<void> {
  const at = NOON + day * DAY_MS
  lab.clock.set(at)
  await lab.usecases.opportunities.propose(USERS.map((user) => proposal(`o-${user}-${day}`, user, { at })))
  await lab.usecases.decisions.decide(USERS.map((user) => ask(`d-${user}-${day}`, user)))
}

async function sentOn(lab: ArrivalsLab, day: number): Promise<number> {
  let sent = 0
  const from = NOON + day * DAY_MS
  for await (const page of lab.store.sends.decidedIn({ from, until: from + 1 })) sent += page.length
  return sent
}

const stateOf = (lab: ArrivalsLab): PolicyState => lab.deps.snapshots.current().state

describe('prices that keep a target', () => {
  let lab: ArrivalsLab
  const volumes: number[] = []
  beforeAll(async () => {
    lab = await arrivalsLab({ config: CONFIG })
    for (const user of USERS) await introduce(lab, user)
    for (let day = 0; day < 40; day += 1) {
      await liveADay(lab, day)
      volumes.push((await sentOn(lab, day)) / (USERS.length / 7))
      await lab.due.learn()
    }
  })
  afterAll(() => lab.close())

  it('bring volume from every day to near the target', () => {
    expect(volumes[0]).toBeGreaterThan(5)
    const last = volumes.slice(-10).reduce((sum, volume) => sum + volume, 0) / 10
    expect(last).toBeGreaterThan(1)
    expect(last).toBeLessThan(3)
  })

  it('take one step a day, which lies in a policy state of its own and is stored', async () => {
    const { dualPrices, id } = stateOf(lab)
    expect(dualPrices!.volume!.price).toBeGreaterThan(0)
    expect(dualPrices!.volume!.until % DAY_MS).toBe(0)
    expect(dualPrices!['push-volume']).toMatchObject({ price: 0, measured: 0 })
    await lab.due.learn()
    expect(stateOf(lab).dualPrices).toEqual(dualPrices)
    expect((await lab.store.registry.loadState(id))!.dualPrices).toEqual(dualPrices)
  })

  it('stand in decisions, explanations, counts, and in what is decided again', async () => {
    const price = stateOf(lab).dualPrices!.volume!.price
    await liveADay(lab, 40)
    const id = decisionId('d-u0-40')
    const decision = (await lab.usecases.decisions.get(id))!
    const own = OPEN_RULES.channels.email!.pricePerSend
    expect(decision.prices[1]).toBeCloseTo(price + own, 12)
    const { summary } = (await lab.usecases.decisions.explain(id))!
    expect(summary.join('\n')).toMatch(
      /To keep volume at 2 sends a user and week on email \([\d.]+ when last counted\), a send costs [\d.]+ more\./,
    )
    expect(summary.join('\n')).not.toContain('push-volume')
    expect((await lab.usecases.health.counts()).priceTargets).toMatchObject([
      { name: 'volume', atMost: 2, price, atLimit: false },
      { name: 'push-volume', price: 0 },
    ])
    expect((await lab.usecases.decisions.replay(id))!.differences).toEqual([])
    expect((await lab.usecases.decisions.replay(decisionId('d-u0-3')))!.differences).toEqual([])
  })

  it('fall back to 0 when little is proposed', async () => {
    for (let day = 41; day < 75; day += 1) {
      lab.clock.set(NOON + day * DAY_MS)
      await lab.due.learn()
    }
    expect(stateOf(lab).dualPrices!.volume!.price).toBe(0)
  })
})

it('a price does not wind up where the policy looks at none, and opt-outs count as losses once', async () => {
  const random = { share: 1_000_000, policy: { kind: 'random', holdProbability: 0 } } as const
  const lab = await arrivalsLab({ config: { ...CONFIG, groups: { ...CONFIG.groups, paloma: random } } })
  for (const user of USERS) await introduce(lab, user)
  for (let day = 0; day < 3; day += 1) {
    await liveADay(lab, day)
    await lab.due.learn()
  }
  expect(stateOf(lab).dualPrices).toBeUndefined()
  const span = { from: NOON, until: NOON + 9 * DAY_MS }
  const optOut = track('gone', 'u1', 'Email Unsubscribed', { timestamp: NOON + 2 * DAY_MS })
  const bounced = track('bounced', 'u2', 'Email Bounced', { timestamp: NOON + 2 * DAY_MS })
  await lab.usecases.events.ingest([optOut, optOut, bounced])
  expect(await lab.store.outcomes.lossesIn(span)).toEqual([{ userId: 'u1', channel: 'email' }])
  await lab.close()
})
