import { chosenAction, type Decision, decisionId } from '@paloma/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Config } from '../config/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import { dueDecisionId } from './redecide.ts'
import { type ArrivalsLab, arrivalsLab, ask, introduce, proposal } from './testing/arrivals.ts'
import { OPEN_RULES } from './testing/usecase-lab.ts'

const CONFIG: Partial<Config> = {
  rules: { ...OPEN_RULES, slots: { localHours: [18, 19], horizonHours: 24 } },
  messages: { variants: {}, beliefs: [], traits: {} },
  groups: {
    ...defaultConfig.groups,
    paloma: { share: 1_000_000, policy: { kind: 'epsilonGreedy', epsilon: 0.9 } },
  },
}

let lab: ArrivalsLab
let waiting: Decision
beforeAll(async () => {
  lab = await arrivalsLab({ config: CONFIG })
  const decisions: Decision[] = []
  for (let i = 0; i < 12; i += 1) {
    const user = `w-${i}`
    await introduce(lab, user)
    await lab.usecases.opportunities.propose([proposal(`o-${user}`, user)])
    await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
    decisions.push((await lab.usecases.decisions.get(decisionId(`d-${user}`)))!)
  }
  waiting = decisions.find((decision) => {
    const action = chosenAction(decision)
    return action.kind === 'send' && action.sendAt > decision.at
  })!
})
afterAll(() => lab.close())

it('to wait for a moment is an action with a probability of its own, and is not learned from yet', () => {
  const action = chosenAction(waiting)
  const moments = waiting.actions.flatMap((each) => (each.kind === 'send' ? [each.sendAt] : []))
  expect(new Set(moments).size).toBe(3)
  expect(waiting.propensity).toBe(waiting.probabilities[waiting.chosen])
  expect(waiting.propensity).toBeLessThan(1)
  expect(waiting.probabilities.filter((p) => p > 0).length).toBe(4)
  expect(action.kind === 'send' && action.sendAt).toBeGreaterThan(waiting.at)
  expect(waiting.learning).toBeNull()
})

it('is decided again at its moment, under a propensity of that moment, and then learned from', async () => {
  const action = chosenAction(waiting)
  if (action.kind === 'hold') throw new Error('the plan of this test sends')
  await lab.usecases.clock.advance(action.sendAt)
  const again = (await lab.usecases.decisions.get(dueDecisionId(waiting.decisionId)))!
  expect(again).toMatchObject({ trigger: 'planned', at: action.sendAt })
  expect(again.propensity).toBe(again.probabilities[again.chosen])
  expect(again.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  expect(again.actions.some((each) => each.kind === 'hold')).toBe(true)
  const next = chosenAction(again)
  const waitsOnceMore = next.kind === 'send' && next.sendAt > again.at
  expect(again.learning === null).toBe(waitsOnceMore)
  for (const id of [waiting.decisionId, again.decisionId]) {
    expect(await lab.usecases.decisions.replay(id)).toMatchObject({ identical: true })
  }
})
