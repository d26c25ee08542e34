import { DAY_MS, HOUR_MS, type Objective, type PolicyState, userId } from '@paloma/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const [CONVERSION] = defaultConfig.objectives as readonly [Objective]
const OBJECTIVES: readonly Objective[] = [{ ...CONVERSION, model: 'response', worth: 40, earlyHours: 6 }]
const VARIANTS = ['plain', 'bold'].map((name) => ({ name, content: { email: { subject: 'Hi', html: '<p>Hi</p>' } } }))
const LATE_MS = 2 * HOUR_MS

let lab: ArrivalsLab
beforeAll(async () => {
  lab = await arrivalsLab({ config: { ...ALWAYS_SEND, objectives: OBJECTIVES } })
})
afterAll(() => lab.close())

/** Everybody is mailed now and orders so many hours later, naming the decision. */
async function cohort(name: string, users: number, orderHours: readonly number[]): Promise<void> {
  const at = lab.clock.now()
  const ids = Array.from({ length: users }, (_, i) => `${name}-${i}`)
  for (const user of ids) {
    await introduce(lab, user)
    await lab.usecases.opportunities.propose([proposal(`o-${user}`, user, { variants: VARIANTS, at })])
  }
  await lab.usecases.decisions.decide(ids.map((user) => ask(`d-${user}`, user)))
  for (const [i, hours] of orderHours.entries()) {
    lab.clock.set(at + hours * HOUR_MS)
    const properties = { revenue: 30, decisionId: `d-${ids[i]}` }
    await lab.usecases.events.ingest([track(`e-${ids[i]}`, ids[i]!, 'Order Completed', { properties })])
  }
}

const latest = async (): Promise<PolicyState> => (await lab.store.registry.latestState())!

it('waits for the window while it does not know how long outcomes take', async () => {
  await cohort(
    'first',
    40,
    Array.from({ length: 36 }, (_, i) => 1 + Math.floor(i / 2)),
  )
  lab.clock.set(NOON + 2 * DAY_MS)
  await lab.due.learn()
  expect((await latest()).heads['send/outcome/conversion']!.n).toBe(0)
  // He said no before his window had closed.
  await lab.usecases.users.upsert([{ userId: userId('first-39'), consent: { learning: false } }])
  lab.clock.set(NOON + 3 * DAY_MS + LATE_MS + 1_000)
  await lab.due.learn()
  const { heads, delays } = await latest()
  expect(heads['send/outcome/conversion']!.n).toBe(39)
  expect(heads.conversion!.n).toBe(39)
  expect(delays!.conversion!.outcomes.reduce((sum, count) => sum + count, 0)).toBe(36)
})

it('then learns of a send at the early age, and of its whole reward when the window has closed', async () => {
  const start = lab.clock.now()
  await cohort('second', 12, [1, 5])
  lab.clock.set(start + 6 * HOUR_MS + LATE_MS + 1_000)
  await lab.due.learn()
  const early = await latest()
  expect(early.heads['send/outcome/conversion']!.n).toBe(39 + 12)
  expect(early.heads['send/worth/conversion']!.n).toBe(36 + 2)
  expect(early.heads.conversion!.n).toBe(39)
  lab.clock.set(start + 3 * DAY_MS + LATE_MS + 1_000)
  await lab.due.learn()
  const late = await latest()
  expect(late.heads['send/outcome/conversion']!.n).toBe(39 + 12)
  expect(late.heads.conversion!.n).toBe(39 + 12)
  expect(await lab.usecases.decisions.audit({})).toMatchObject({ checked: 52, identical: 52 })
})
