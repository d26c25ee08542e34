import { chosenAction, DAY_MS, type Decision, decisionId, HOUR_MS, MINUTE_MS, type PolicyState } from '@paloma/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { ALWAYS_SEND, type ArrivalsLab, arrivalsLab, ask, introduce, proposal, track } from './testing/arrivals.ts'

const CONTENT = { email: { subject: 'Hi', html: '<p>Hi</p>' } }
const VARIANTS = ['plain', 'bold'].map((name) => ({ name, content: CONTENT }))
const CONFIG: Partial<Config> = {
  rules: ALWAYS_SEND.rules!,
  messages: { variants: { digest: { audience: 1_000, floor: 0.1 } }, beliefs: [], traits: {} },
  groups: {
    ...defaultConfig.groups,
    paloma: {
      share: 1_000_000,
      policy: {
        kind: 'bounded',
        policy: { kind: 'epsilonGreedy', epsilon: 0.1 },
        newMessages: { share: 0.9, untilSends: 12 },
      },
    },
  },
}

let lab: ArrivalsLab
beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
})
afterAll(() => lab.close())

async function decideFor(user: string, id = user): Promise<Decision> {
  await introduce(lab, user)
  const at = lab.clock.now()
  await lab.usecases.opportunities.propose([proposal(`o-${id}`, user, { message: 'digest', variants: VARIANTS, at })])
  await lab.usecases.decisions.decide([ask(`d-${id}`, user)])
  return (await lab.usecases.decisions.get(decisionId(`d-${id}`)))!
}

const sendChance = ({ actions, probabilities }: Decision): number =>
  actions.reduce((sum, action, k) => (action.kind === 'hold' ? sum : sum + probabilities[k]!), 0)
const latest = async (): Promise<PolicyState> => (await lab.store.registry.latestState())!

it('guarantees a new message its traffic until the policy state has counted enough sends', async () => {
  const first = await Promise.all(Array.from({ length: 30 }, (_, i) => decideFor(`m-${i}`)))
  const sends = first.filter((decision) => chosenAction(decision).kind === 'send')
  for (const decision of first) expect(sendChance(decision)).toBeGreaterThanOrEqual(0.9)
  expect(sends.length).toBeGreaterThan(20)
  // Nobody has learned of these sends yet: what is promised hangs on the numbered state alone.
  lab.clock.set(NOON + MINUTE_MS / 2)
  await lab.due.learn()
  expect(sendChance(await decideFor('m-early'))).toBeGreaterThanOrEqual(0.9)
  lab.clock.set(NOON + 2 * MINUTE_MS)
  await lab.due.learn()
  const { messages } = await latest()
  const counted = Object.values(messages!.variants.digest!).reduce((sum, each) => sum + each.sends, 0)
  expect(counted).toBeGreaterThanOrEqual(sends.length)
  const later = await decideFor('m-later')
  expect(later.stateId).toBe((await latest()).id)
  expect(sendChance(later)).toBeLessThan(0.96)
  expect(sendChance(later)).not.toBeCloseTo(sendChance(first[0]!), 3)
})

it('learns which variant is answered, from events that name the decision and from nobody who said no', async () => {
  const answered = (
    await Promise.all(Array.from({ length: 30 }, (_, i) => lab.usecases.decisions.get(decisionId(`d-m-${i}`))))
  ).flatMap((decision) => (decision !== undefined && chosenAction(decision).kind === 'send' ? [decision] : []))
  const bold = answered.filter((decision) => decision.learning!.messages!.sent!.variant === 'bold')
  expect(bold.length).toBeGreaterThan(2)
  await lab.usecases.events.ingest(
    bold.map((decision, i) =>
      track(`e-${i}`, decision.userId, 'Email Link Clicked', { properties: { decisionId: decision.decisionId } }),
    ),
  )
  const silent = bold[0]!
  await lab.usecases.users.upsert([{ userId: silent.userId, consent: { learning: false } }])
  lab.clock.set(NOON + 4 * DAY_MS)
  await lab.due.learn()
  const { variants, delays } = (await latest()).messages!
  const { plain, bold: known } = variants.digest!
  const told = bold.length - 1
  expect(known!.answers).toEqual([told, 0, 0])
  expect(plain!.answers).toEqual([0, 0, 0])
  expect(delays).toEqual([told, 0, 0])
  // Whoever said no since is missing among the matured, though his send was counted when it went out.
  expect(known!.users).toEqual([known!.sends - 1, known!.sends - 1, known!.sends - 1])
})

it('gives the better variant more of the sends, with the exact propensity in a record that replays', async () => {
  const decision = await decideFor('m-after')
  const shareOf = (variant: string): number =>
    decision.actions.reduce((sum, action, k) => {
      return action.kind === 'send' && action.variant === variant ? sum + decision.probabilities[k]! : sum
    }, 0)
  expect(shareOf('bold')).toBeGreaterThan(3 * shareOf('plain'))
  expect(decision.propensity).toBe(decision.probabilities[decision.chosen])
  const audit = await lab.usecases.decisions.audit({})
  expect(audit).toMatchObject({ checked: 33, identical: 33 })
  const { summary } = (await lab.usecases.decisions.explain(decision.decisionId))!
  const isSend = chosenAction(decision).kind === 'send'
  expect(summary.some((line) => line.includes('variants of digest'))).toBe(isSend)
})

it('keeps what it knows through a restart, and counts each decision once', async () => {
  const before = await latest()
  lab.clock.set(NOON + 4 * DAY_MS + HOUR_MS)
  await lab.due.learn()
  const after = await latest()
  expect(after.messages!.delays).toEqual(before.messages!.delays)
  const again = await arrivalsLab({ config: CONFIG, store: lab.embedded, startAt: NOON + 4 * DAY_MS + 2 * HOUR_MS })
  await again.due.learn()
  expect((await again.store.registry.latestState())!.messages!.delays).toEqual(before.messages!.delays)
  expect((await again.store.registry.latestState())!.messages!.variants.digest!.bold!.users).toEqual(
    before.messages!.variants.digest!.bold!.users,
  )
  await again.close()
})
