import { DAY_MS, type Decision, decisionId, HOUR_MS, type Objective, userId } from '@paloma/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const MODELS: Readonly<Record<string, Partial<Objective>>> = {
  conversion: { model: 'response', worth: 40, traced: { email: 0.5 }, lookAheadDays: 14 },
  reachability: { model: 'hazard', windowHours: 72, worthPerDay: 0.02 },
}
const OBJECTIVES = defaultConfig.objectives
  .filter(({ name }) => name in MODELS)
  .map((objective) => ({ ...objective, ...MODELS[objective.name] }))
const CONTENT = { email: { subject: 'Hi', html: '<p>Hi</p>' } }
const USERS = Array.from({ length: 6 }, (_, i) => `s-${i}`)

let lab: ArrivalsLab
beforeAll(async () => {
  lab = await arrivalsLab({ config: { ...ALWAYS_SEND, objectives: OBJECTIVES } })
  const variants = ['plain', 'bold'].map((name) => ({ name, content: CONTENT }))
  for (const user of USERS) {
    await introduce(lab, user)
    await lab.usecases.opportunities.propose([proposal(`o-${user}`, user, { variants })])
    await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
  }
  await lab.due.dispatch()
  const own = (user: string) => ({ decisionId: `d-${user}` })
  await lab.usecases.events.ingest([
    track('e-0', 's-0', 'Email Link Clicked', { properties: own('s-0') }),
    track('e-1', 's-0', 'Order Completed', { properties: { revenue: 30, ...own('s-0') } }),
    track('e-2', 's-1', 'Order Completed', { properties: { revenue: 99 } }),
    track('e-3', 's-2', 'Email Unsubscribed', { properties: own('s-2') }),
  ])
  // He withdrew his consent after the decision, before it was learned from.
  await lab.usecases.users.upsert([{ userId: userId('s-5'), consent: { learning: false } }])
  lab.clock.set(NOON + 4 * DAY_MS + HOUR_MS)
  await lab.due.learn()
})
afterAll(() => lab.close())

const stored = async (user: string): Promise<Decision> => (await lab.usecases.decisions.get(decisionId(`d-${user}`)))!

it('keeps of each send what is to be learned from, bit for bit through the store', async () => {
  for (const user of USERS) {
    const { learning, losses } = await stored(user)
    expect(learning?.sent).toMatchObject({ channel: 'email' })
    expect(Object.keys(losses.email!).sort()).toEqual(['complained', 'uninstalled', 'unsubscribed'])
    expect(await lab.usecases.decisions.replay(decisionId(`d-${user}`))).toMatchObject({ identical: true })
  }
})

it('learns what sends brought from events that name them, and from nobody who said no in the meantime', async () => {
  const { heads } = (await lab.store.registry.latestState())!
  expect(heads['send/response']!.n).toBe(5)
  expect(heads['send/outcome/conversion']!.n).toBe(5)
  expect(heads['send/worth/conversion']!.n).toBe(1)
  expect(heads['send/worth/conversion']!.mean[0]).toBeLessThan(40)
  expect(heads['send/loss/email/unsubscribed']!.n).toBe(5)
  expect(heads.conversion!.n).toBe(5)
  expect(heads.reachability).toBeUndefined()
})

it('says in words what a send costs in reach, and by which cause', async () => {
  const { summary, contributions, chosen } = (await lab.usecases.decisions.explain(decisionId('d-s-0')))!
  const words = summary.find((sentence) => sentence.includes('reachability'))
  expect(words).toMatch(/^It costs [\d.e-]+ contactable days \(reachability\): [\d.e-]+ by unsubscribed, /)
  expect(words).toMatch(/; a day on email is worth [\d.e-]+ ± [\d.e-]+ of a usual one here\.$/)
  const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
  expect(sum - chosen.price!).toBeCloseTo(chosen.score!, 9)
  expect(contributions.map(({ feature }) => feature)).toContain('loss by unsubscribed')
})

it('learns what later sends through the channel are worth, and replays decisions that looked ahead', async () => {
  const { heads } = (await lab.store.registry.latestState())!
  expect(heads['send/advantage/email']!.n).toBe(5)
  expect(heads['send/value/conversion/email']!.n).toBe(5)
  const replayed = await lab.usecases.decisions.replay(decisionId('d-s-0'))
  expect(replayed).toMatchObject({ identical: true })
})
