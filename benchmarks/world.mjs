// Does learning pay over half a year? Paloma sees a random log for 30 days and then acts, against every fixed cadence.
import { createWorld, fixedPolicies, pairedDifference, runWorld, scenarioNamed } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { cadences } from './world/cadences.mjs'
import { deskOf } from './world/desk.mjs'

const flags = flagsOf({
  scenario: { type: 'string', default: 'retail,streaming,news' },
  seeds: { type: 'string', default: '5' },
  'first-seed': { type: 'string', default: '101' },
  users: { type: 'string', default: '3000' },
  days: { type: 'string', default: '180' },
  'log-days': { type: 'string', default: '30' },
})
const [users, days, logDays, seedCount] = ['users', 'days', 'log-days', 'seeds'].map((name) => Number(flags[name]))
const seeds = Array.from({ length: seedCount }, (_, i) => Number(flags['first-seed']) + i)
const START_AT = Date.UTC(2026, 2, 2)
const BLOCK = { blockUsers: 500 }
const TARGETS = { gain: 0.01, pushReach: 0.45, optOuts: 0.18 }

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function summaryOf({ value, pushReach, optOuts, sends, activeDays }) {
  const columns = { value, pushReach, optOuts, sends, activeDays }
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, mean(column)]))
}

function intervalOf(a, b) {
  const { mean: difference, standardError } = pairedDifference(a, b)
  return { mean: difference, low: difference - 1.96 * standardError, high: difference + 1.96 * standardError }
}

const seconds = (since) => Math.round((performance.now() - since) / 100) / 10

function bestCadence(world) {
  let best = null
  for (const { name, choose } of cadences()) {
    const totals = runWorld(world, choose, BLOCK)
    const value = mean(totals.value)
    if (best === null || value > best.value) best = { name, value, totals }
  }
  return best
}

function palomaIn(world, options) {
  const desk = deskOf(world, { logDays, ...options })
  return runWorld(world, desk.choose, { observer: desk.observer })
}

/** One world under every policy, user by user the same chance. */
function compare(scenario, seed) {
  const began = performance.now()
  const world = createWorld({ scenario: scenarioNamed(scenario), users, days, seed, startAt: START_AT })
  const { oracle, myopic } = fixedPolicies(world)
  const cadence = bestCadence(world)
  const runs = {
    paloma: palomaIn(world, {}),
    'dearer reach': palomaIn(world, { reachPrice: 2 }),
    cadence: cadence.totals,
    myopic: runWorld(world, myopic, BLOCK),
    oracle: runWorld(world, oracle, BLOCK),
  }
  const against = (name) => intervalOf(runs.paloma.value, runs[name].value)
  const figures = Object.fromEntries(Object.entries(runs).map(([name, totals]) => [name, summaryOf(totals)]))
  const row = { scenario, seed, bestCadence: cadence.name, figures, aboveCadence: against('cadence') }
  const result = { ...row, aboveMyopic: against('myopic'), seconds: seconds(began) }
  const verdict = verdictOf(result)
  process.stderr.write(
    `${scenario} ${seed}: ${JSON.stringify({ above: result.aboveCadence, seconds: result.seconds })}\n`,
  )
  return { ...result, verdict }
}

function verdictOf({ figures, aboveCadence, aboveMyopic }) {
  const { paloma, cadence, myopic, 'dearer reach': dearer } = figures
  return {
    value: paloma.value >= (1 + TARGETS.gain) * cadence.value && aboveCadence.low > 0,
    reach: paloma.pushReach >= TARGETS.pushReach && paloma.optOuts <= TARGETS.optOuts,
    myopic: aboveMyopic.low > 0 && paloma.pushReach > myopic.pushReach,
    price: dearer.sends <= paloma.sends && dearer.pushReach >= paloma.pushReach && dearer.optOuts <= paloma.optOuts,
  }
}

const results = flags.scenario.split(',').flatMap((scenario) => seeds.map((seed) => compare(scenario, seed)))

const POLICIES = ['paloma', 'dearer reach', 'cadence', 'myopic', 'oracle']
const percent = (difference, of) => `${((100 * difference) / of).toFixed(1)} %`

function rowsOf({ scenario, seed, figures, aboveCadence, verdict, bestCadence: name }) {
  return POLICIES.map((policy) => {
    const { value, pushReach, optOuts, sends } = figures[policy]
    const { mean: above, low, high } = aboveCadence
    const gain = `${percent(above, figures.cadence.value)}: ${above.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
    const held = Object.entries(verdict).map(([target, holds]) => `${target} ${holds ? 'holds' : 'missed'}`)
    const remarks = { paloma: `${gain}; ${held.join(', ')}`, cadence: name }
    const cells = [value.toFixed(2), pushReach.toFixed(3), optOuts.toFixed(3), sends.toFixed(1)]
    return [`${scenario} ${seed}`, policy, ...cells, remarks[policy] ?? '']
  })
}

publish(
  {
    title: 'half a year in the simulated world',
    command: `npm run bench:world -- --scenario ${flags.scenario} --seeds ${seedCount} --first-seed ${flags['first-seed']} --users ${users} --days ${days} --log-days ${logDays}`,
    machine: machine(),
    results,
    body: table([
      ['world', 'policy', 'value', 'push reach', 'opt-outs', 'sends', 'remarks'],
      ...results.flatMap(rowsOf),
    ]),
    remarks: [
      `Means per user over all ${days} days, Paloma's ${logDays} random ones included; the cadence is the best of ${cadences().length} on these very users. Differences are paired user by user, with 95 % intervals.`,
    ],
  },
  flags,
)
