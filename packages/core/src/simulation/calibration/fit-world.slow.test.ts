import { expect, it } from 'vitest'
import { createWorld, fitWorld, logOfRun, policyNamed, RETAIL, type Scenario } from '../index.ts'

const { channels, visit, order } = RETAIL

/** Like the base where a log of this size cannot tell, elsewhere far from it. */
const TRUTH: Scenario = {
  ...RETAIL,
  visit: { ...visit, logit: -1.2, logitSd: 1.3, driftPerDay: -0.008, weekendLogit: 0.4 },
  order: { ...order, logit: -2.4, meanValue: 60, valueSdLog: 0.6, revenueSdLog: 0.3 },
  channels: {
    push: { ...channels.push, openLogit: -2.9, optOutHazard: 0.006, influence: 0.08, openMedianMinutes: 20 },
    email: { ...channels.email, openLogit: -0.9, clickLogit: -1.6, optOutHazard: 0.0028, openMedianMinutes: 90 },
    'in-app': { ...channels['in-app'], openLogit: -0.6 },
  },
  harm: { ...RETAIL.harm, uninstall: 0.001 },
}

function memberAt(scenario: Scenario, path: string): number {
  const found = path.split('.').reduce<unknown>((part, key) => Object(part)[key], scenario)
  return Number(found)
}

it('recovers the parameters a log was made with', () => {
  const world = createWorld({ scenario: TRUTH, users: 1000, days: 49, seed: 5, startAt: Date.UTC(2026, 0, 5) })
  const fit = fitWorld(logOfRun(world, policyNamed(world, 'random')), { base: RETAIL, seed: 100 })
  const fitted = fit.parameters.filter((parameter) => parameter.kind === 'fitted')
  expect(fitted.length).toBeGreaterThan(15)
  const zs = fitted.map(({ path, value, stdError }) => (value - memberAt(TRUTH, path)) / stdError)
  for (const [place, z] of zs.entries()) expect(Math.abs(z), fitted[place]!.path).toBeLessThan(4)
  const meanSquare = zs.reduce((sum, z) => sum + z * z, 0) / zs.length
  expect(meanSquare).toBeLessThan(2)
  const errorOf = (scenario: Scenario, path: string): number =>
    Math.abs(memberAt(scenario, path) - memberAt(TRUTH, path))
  for (const path of ['visit.logit', 'order.logit', 'channels.push.openLogit', 'channels.email.openLogit']) {
    expect(errorOf(fit.scenario, path), path).toBeLessThan(0.3 * errorOf(RETAIL, path))
  }
  for (const { name, standardised } of fit.statistics) {
    if (standardised !== null) expect(Math.abs(standardised), name).toBeLessThan(3.5)
  }
})
