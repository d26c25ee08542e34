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
  'price-seeds': { type: 'string', default: '1' },
  'look-ahead-days': { type: 'string', default: '14' },
  'reach-by': { type: 'string', default: 'log' },
})
const [users, days, logDays, seedCount, priceSeeds] = ['users', 'days', 'log-days', 'seeds', 'price-seeds'].map(
  (name) => Number(flags[name]),
)
const seeds = Array.from({ length: seedCount }, (_, i) => Number(flags['first-seed']) + i)
const DAY_MS = 86_400_000
const START_AT = Date.UTC(2026, 2, 2)
const BLOCK = { blockUsers: 500 }
const TARGETS = { gain: 0.01, pushReach: 0.45, optOuts: 0.18 }

const DEARER = 'reach twice as dear'

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function summaryOf({ value, pushReach, optOuts, sends, intrusive, activeDays }) {
  const columns = { value, pushReach, optOuts, sends, intrusive, activeDays }
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, mean(column)]))
}

function intervalOf(a, b) {
  const { mean: difference, standardError } = pairedDifference(a, b)
  return { mean: difference, low: difference - 1.96 * standardError, high: difference + 1.96 * standardError }
}

const seconds = (since) => Math.round((performance.now() - since) / 100) / 10

/** A run with what interrupted people counted beside, and the value of the days after the log. */
function runOf(world, choose, { observer = {}, ...options } = {}) {
  const { startAt, scenario } = world.options
  const intrusive = new Float64Array(users)
  const acted = new Float64Array(users)
  const worth = ({ kind, revenue }) => (kind === 'order' ? revenue : kind === 'visit' ? scenario.valuePerVisit : 0)
  const totals = runWorld(world, choose, {
    ...options,
    observer: {
      onSend({ userIndex, channel }) {
        if (channel !== 'in-app') intrusive[userIndex] += 1
      },
      onHappening(happening) {
        observer.onHappening?.(happening)
        const day = Math.floor((happening.at - startAt) / DAY_MS)
        if (day >= logDays && day < days) acted[happening.userIndex] += worth(happening)
      },
    },
  })
  return { ...totals, intrusive, acted }
}

function bestCadence(world) {
  let best = null
  for (const { name, choose } of cadences()) {
    const totals = runOf(world, choose, BLOCK)
    const value = mean(totals.value)
    if (best === null || value > best.value) best = { name, value, totals }
  }
  return best
}

function palomaIn(world, options) {
  const owner = { lookAheadDays: Number(flags['look-ahead-days']), isLearnedReach: flags['reach-by'] === 'log' }
  const desk = deskOf(world, { logDays, owner, ...options })
  return runOf(world, desk.choose, { observer: desk.observer })
}

/** One world under every policy, user by user the same chance. */
function compare(scenario, seed) {
  const began = performance.now()
  const world = createWorld({ scenario: scenarioNamed(scenario), users, days, seed, startAt: START_AT })
  const { myopic } = fixedPolicies(world)
  const cadence = bestCadence(world)
  const runs = {
    paloma: palomaIn(world, {}),
    cadence: cadence.totals,
    myopic: runOf(world, myopic, BLOCK),
  }
  const isPriced = seed < seeds[0] + priceSeeds
  if (isPriced) runs[DEARER] = palomaIn(world, { reachPrice: 2 })
  const against = (name) => intervalOf(runs.paloma.value, runs[name].value)
  const figures = Object.fromEntries(Object.entries(runs).map(([name, totals]) => [name, summaryOf(totals)]))
  const acted = intervalOf(runs.paloma.acted, runs.cadence.acted)
  const row = { scenario, seed, bestCadence: cadence.name, figures, aboveCadence: against('cadence'), acted }
  const result = { ...row, aboveMyopic: against('myopic'), seconds: seconds(began) }
  const verdict = verdictOf(result)
  const cadenceActed = mean(runs.cadence.acted)
  const differences = runs.paloma.value.map((value, user) => value - runs.cadence.value[user])
  process.stderr.write(
    `${scenario} ${seed}: ${JSON.stringify({ above: result.aboveCadence, seconds: result.seconds })}\n`,
  )
  return { ...result, verdict, cadenceActed, differences }
}

function verdictOf({ figures, aboveCadence, aboveMyopic }) {
  const { paloma, cadence, myopic, [DEARER]: dearer } = figures
  const price = dearer === undefined ? {} : { price: isDearerCalmer(dearer, paloma) }
  return {
    value: paloma.value >= (1 + TARGETS.gain) * cadence.value && aboveCadence.low > 0,
    reach: paloma.pushReach >= TARGETS.pushReach && paloma.optOuts <= TARGETS.optOuts,
    myopic: aboveMyopic.low > 0 && paloma.pushReach > myopic.pushReach,
    ...price,
  }
}

/** Volume that costs reach, and reach itself, move the right way. */
function isDearerCalmer(dearer, paloma) {
  return dearer.intrusive < paloma.intrusive && dearer.pushReach > paloma.pushReach && dearer.optOuts < paloma.optOuts
}

const results = flags.scenario.split(',').flatMap((scenario) => seeds.map((seed) => compare(scenario, seed)))

const POLICIES = ['paloma', DEARER, 'cadence', 'myopic']
const percent = (difference, of) => `${((100 * difference) / of).toFixed(1)} %`

function rowsOf({ scenario, seed, figures, aboveCadence, verdict, bestCadence: name }) {
  return POLICIES.filter((policy) => figures[policy] !== undefined).map((policy) => {
    const { value, pushReach, optOuts, sends, intrusive } = figures[policy]
    const { mean: above, low, high } = aboveCadence
    const gain = `${percent(above, figures.cadence.value)}: ${above.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
    const held = Object.entries(verdict).map(([target, holds]) => `${target} ${holds ? 'holds' : 'missed'}`)
    const remarks = { paloma: `${gain}; ${held.join(', ')}`, cadence: name }
    const cells = [value.toFixed(2), pushReach.toFixed(3), optOuts.toFixed(3), sends.toFixed(1), intrusive.toFixed(1)]
    return [`${scenario} ${seed}`, policy, ...cells, remarks[policy] ?? '']
  })
}

/** One scenario over all its seeds: the people differ, so their differences pool. */
function pooledOf(scenario) {
  const rows = results.filter((row) => row.scenario === scenario)
  const differences = Float64Array.from(rows.flatMap((row) => [...row.differences]))
  const cadence = mean(rows.map(({ figures }) => figures.cadence.value))
  const { mean: above, low, high } = intervalOf(differences, new Float64Array(differences.length))
  const actedGain = mean(rows.map(({ acted }) => acted.mean)) / mean(rows.map(({ cadenceActed }) => cadenceActed))
  return { scenario, seeds: rows.length, above, low, high, share: above / cadence, actedShare: actedGain }
}

const pooled = [...new Set(results.map(({ scenario }) => scenario))].map(pooledOf)
const pooledLine = ({ scenario, above, low, high, share, actedShare }) =>
  `${scenario}: ${above.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], ${(100 * share).toFixed(1)} % (${(100 * actedShare).toFixed(1)} % in the days after the log).`

publish(
  {
    title: 'half a year in the simulated world',
    command: `npm run bench:world -- --scenario ${flags.scenario} --seeds ${seedCount} --first-seed ${flags['first-seed']} --users ${users} --days ${days} --log-days ${logDays}`,
    machine: machine(),
    results: results.map(({ differences, ...rest }) => rest),
    pooled,
    body: table([
      ['world', 'policy', 'value', 'push reach', 'opt-outs', 'sends', 'push and e-mail', 'remarks'],
      ...results.flatMap(rowsOf),
    ]),
    remarks: [
      `Means per user over all ${days} days, Paloma's ${logDays} random ones included; the cadence is the best of ${cadences().length} on these very users. Differences are paired user by user, with 95 % intervals.`,
      `Above the best cadence, all seeds of a scenario together: ${pooled.map(pooledLine).join(' ')}`,
    ],
  },
  flags,
)
