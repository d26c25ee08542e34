import { expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { drawWorld, WORLD } from './testing/segment-world.ts'

function agreementOf(log: EvaluationLog) {
  const { gates } = evaluatePolicy(log, { seed: 'agreement', resamples: 0 })
  return gates.find(({ name }) => name === 'agreement')!
}

it('DR and SNIPS agree in sound logs, and not in one of twenty do they seem not to', () => {
  const random = randomFrom('sound logs')
  const found = Array.from({ length: 120 }, () => agreementOf(drawWorld(WORLD, 200, random)))
  // In errors of the paired difference four of these failed.
  expect(found.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(Math.max(...found.map((gate) => gate.found!))).toBeGreaterThan(0.01)
})

it('they disagree where propensities are half of what they were and no model holds DR back', () => {
  const { loggingPolicy, ...log } = drawWorld(WORLD, 900, randomFrom('halved'))
  expect(loggingPolicy).toBeDefined()
  const [rewards] = log.rewards
  const flat = { ...rewards!, predictions: Array.from(log.targetPolicy, () => 0) }
  expect(agreementOf({ ...log, rewards: [flat] }).status).toBe('passed')
  const halved = { ...log, propensities: Array.from(log.propensities, (p) => p / 2), rewards: [flat] }
  expect(agreementOf(halved)).toMatchObject({
    status: 'failed',
    words: expect.stringContaining('joint standard errors apart'),
  })
})
