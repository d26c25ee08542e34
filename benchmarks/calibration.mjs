// Do the defaults of experiments keep their promises? Error rates, coverage and power on simulated truth, with more runs than tests can afford.

import { effectPValue } from '../packages/core/src/statistics/index.ts'
import { ruleRates } from '../packages/core/src/statistics/testing/decision-trial.ts'
import {
  HARD_SCENARIOS,
  PEEKING_SCENARIOS,
  SKEWED_SCENARIOS,
} from '../packages/core/src/statistics/testing/peeking-scenarios.ts'
import { evenLooks, peekingRatesOf } from '../packages/core/src/statistics/testing/peeking-trial.ts'
import { endOf, liveExperiment, livePeople, METRICS } from '../packages/core/src/testing/experiment-without-effect.ts'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  runs: { type: 'string', default: '20000' },
  only: { type: 'string', default: 'metrics,hard,skewed,rule,world' },
  /** Scenes whose name holds this. */
  scenes: { type: 'string', default: '' },
})
const runs = Number(flags.runs)
const parts = flags.only.split(',')
const ALPHA = 0.05
const percent = (share) => `${(100 * share).toFixed(2)} %`

const METHODS = {
  'once, at the end': () => (k, looks) => ({ kind: 'fixed', isDue: k + 1 === looks }),
  '14 looks, α t²': () => evenLooks,
  "14 looks, O'Brien–Fleming": () => (k, looks, n) => ({
    ...evenLooks(k, looks, n),
    spending: { kind: 'obrienFleming' },
  }),
  '14 looks, confidence sequence':
    ({ control, treatment }) =>
    (_k, _looks, n) => ({ kind: 'confidenceSequence', n, expectedN: control + treatment }),
}

// Many units cost time and not runs: so many draws of a unit at most.
const MOST_DRAWS = 5e7
const MOST_WORLDS = 1_000

/** Every test of a scene on the same lives, corrected for skewness and not. */
function metricRates(scenarios) {
  const methods = Object.entries(METHODS)
  const asked = Object.entries(scenarios).filter(([scenario]) => scenario.includes(flags.scenes))
  return asked.flatMap(([scenario, world]) => {
    const count = Math.min(runs, Math.ceil(MOST_DRAWS / (world.control + world.treatment)))
    const tests = methods.flatMap(([, methodFor]) => {
      const methodAt = methodFor(world)
      return [true, false].map((isCorrected) => ({ methodAt, isCorrected }))
    })
    const rates = peekingRatesOf(world, { runs: count, key: scenario, alpha: ALPHA, tests })
    process.stderr.write(`${scenario}: ${count} runs\n`)
    return methods.map(([method], i) => ({
      ...{ scenario, method, runs: count },
      corrected: rates[2 * i],
      plain: rates[2 * i + 1],
    }))
  })
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

/** A/A experiments in the simulated shop, each on people of its own: how often an effect is found, and how the rule ends after 14 looks. */
function worldRows() {
  const count = Math.min(runs, MOST_WORLDS)
  const found = Object.fromEntries(METRICS.map((metric) => [metric, { greater: 0, less: 0 }]))
  const ends = {}
  for (let run = 0; run < count; run += 1) {
    const life = liveExperiment(livePeople(10_000 + run), `world ${run}`)
    for (const [m, metric] of METRICS.entries()) {
      for (const alternative of ['greater', 'less']) {
        if ((effectPValue(life[m].at(-1), { alternative }) ?? 1) < ALPHA) found[metric][alternative] += 1
      }
    }
    const end = endOf(life)
    ends[end] = (ends[end] ?? 0) + 1
    if ((run + 1) % 100 === 0) process.stderr.write(`${run + 1} of ${count} worlds\n`)
  }
  return { count, found, ends }
}

const metrics = parts.includes('metrics') ? metricRates(PEEKING_SCENARIOS) : []
const hard = parts.includes('hard') ? metricRates(HARD_SCENARIOS) : []
const skewed = parts.includes('skewed') ? metricRates(SKEWED_SCENARIOS) : []
const rule = parts.includes('rule') ? ruleRows() : []
const world = parts.includes('world') ? worldRows() : null

const metricTable = (rows) =>
  table([
    [
      'metric, units in control and treatment',
      'test',
      'runs',
      'an effect above 0 claimed',
      'not corrected',
      'all intervals hold the truth',
      'not corrected',
      'units at the stop',
    ],
    ...rows.map(({ scenario, method, runs: count, corrected, plain }) => [
      ...[scenario, method, count],
      ...[percent(corrected.rejected), percent(plain.rejected)],
      ...[percent(corrected.covered), percent(plain.covered), percent(corrected.meanShare)],
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
const worldTable = ({ count, found, ends }) =>
  [
    table([
      ['A/A in the simulated shop', 'worlds', 'more in treatment', 'less in treatment'],
      ...METRICS.map((metric) => [
        metric,
        count,
        ...['greater', 'less'].map((side) => percent(found[metric][side] / count)),
      ]),
    ]),
    table([
      ['how the rule ends, 14 looks', 'share'],
      ...Object.entries(ends).map(([end, times]) => [end, percent(times / count)]),
    ]),
  ].join('\n\n')
const body = [
  metrics.length > 0 ? metricTable(metrics) : null,
  hard.length > 0 ? metricTable(hard) : null,
  skewed.length > 0 ? metricTable(skewed) : null,
  rule.length > 0 ? ruleTable(rule) : null,
  world === null ? null : worldTable(world),
].filter((part) => part !== null)

publish(
  {
    title: `do tests of experiments keep their promises (${runs} runs, one-sided α = ${ALPHA})`,
    command: `npm run bench:calibration -- --runs ${runs} --only ${flags.only}${flags.scenes === '' ? '' : ` --scenes '${flags.scenes}'`}`,
    machine: machine(),
    body: body.join('\n\n'),
    metrics,
    hard,
    skewed,
    rule,
    world,
  },
  flags,
)
