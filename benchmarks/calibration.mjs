// Do the defaults of experiments keep their promises? Error rates, coverage and power on simulated truth, with more runs than tests can afford.

import { ruleRates } from '../packages/core/src/statistics/testing/decision-trial.ts'
import {
  HARD_SCENARIOS,
  PEEKING_SCENARIOS,
  SKEWED_SCENARIOS,
} from '../packages/core/src/statistics/testing/peeking-scenarios.ts'
import { evenLooks, peekingRates } from '../packages/core/src/statistics/testing/peeking-trial.ts'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  runs: { type: 'string', default: '20000' },
  only: { type: 'string', default: 'metrics,hard,skewed,rule' },
  /** corrected: as read-outs do; ignored: effect ± critical · SE. */
  skewness: { type: 'string', default: 'corrected' },
})
const order = flags.skewness === 'ignored' ? 2 : 3
const runs = Number(flags.runs)
const parts = flags.only.split(',')
const ALPHA = 0.05
const percent = (share) => `${(100 * share).toFixed(2)} %`

const METHODS = {
  'once, at the end': { looks: 1, methodAt: () => () => ({ kind: 'fixed', isDue: true }) },
  '14 looks, α t²': { looks: 14, methodAt: () => evenLooks },
  "14 looks, O'Brien–Fleming": {
    looks: 14,
    methodAt: () => (k, looks, n) => ({ ...evenLooks(k, looks, n), spending: { kind: 'obrienFleming' } }),
  },
  '14 looks, confidence sequence': {
    looks: 14,
    methodAt:
      ({ control, treatment }) =>
      (_k, _looks, n) => ({ kind: 'confidenceSequence', n, expectedN: control + treatment }),
  },
}

function metricRates(scenarios, count) {
  return Object.entries(scenarios).flatMap(([scenario, world]) =>
    Object.entries(METHODS).map(([method, { looks, methodAt }]) => {
      const options = { runs: count, key: `${scenario}/${method}`, alpha: ALPHA, order, methodAt: methodAt(world) }
      return { scenario, method, runs: count, ...peekingRates({ ...world, looks }, options) }
    }),
  )
}

const RULES = {
  'nothing helps, guardrails far from harm: wrong ship ≤ 5 %': { success: [0, 0], guardrails: [5, 5, 5] },
  'one guardrail at its margin, all else helps: wrong ship ≤ 5 %': { success: [2, 2], guardrails: [-1, 5, 5] },
  'one success metric at its minimal effect: wrong hold ≤ 20 %': { success: [1, 0], guardrails: [0, 0, 0] },
  'nothing at all: wrong stop or invalid ≤ 1 %': { success: [0, 0], guardrails: [0, 0, 0] },
}

function ruleRows() {
  const circumstances = [
    { looks: 1, dependence: 'independent' },
    { looks: 14, dependence: 'independent' },
    { looks: 1, dependence: 'disjoint' },
  ]
  return Object.entries(RULES).flatMap(([truth, effects]) =>
    circumstances.map((how) => ({ truth, ...how, runs, ...ruleRates({ ...effects, ...how }, { runs, key: truth }) })),
  )
}

const metrics = parts.includes('metrics') ? metricRates(PEEKING_SCENARIOS, runs) : []
const hard = parts.includes('hard') ? metricRates(HARD_SCENARIOS, runs) : []
const skewed = parts.includes('skewed') ? metricRates(SKEWED_SCENARIOS, runs) : []
const rule = parts.includes('rule') ? ruleRows() : []

const metricTable = (rows) =>
  table([
    [
      'metric, units in control and treatment',
      'test',
      'an effect above 0 claimed',
      'all intervals hold the truth',
      'units at the stop',
    ],
    ...rows.map((row) => [
      row.scenario,
      row.method,
      percent(row.rejected),
      percent(row.covered),
      percent(row.meanShare),
    ]),
  ])
const ruleTable = (rows) =>
  table([
    ['truth', 'looks', 'failures', 'ship', 'do not ship', 'stop', 'invalid'],
    ...rows.map((row) => [
      row.truth,
      row.looks,
      row.dependence,
      ...[row.ship, row.doNotShip, row.stop, row.invalid].map(percent),
    ]),
  ])
const body = [
  metrics.length > 0 ? metricTable(metrics) : null,
  hard.length > 0 ? metricTable(hard) : null,
  skewed.length > 0 ? metricTable(skewed) : null,
  rule.length > 0 ? ruleTable(rule) : null,
].filter((part) => part !== null)

publish(
  {
    title: `do tests of experiments keep their promises (${runs} runs, one-sided α = ${ALPHA})`,
    command: `npm run bench:calibration -- --runs ${runs} --only ${flags.only} --skewness ${flags.skewness}`,
    machine: machine(),
    body: body.join('\n\n'),
    metrics,
    hard,
    skewed,
    rule,
  },
  flags,
)
