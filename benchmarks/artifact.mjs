// What does a new market gain by starting from what another has learned, against starting from the owner's guesses?
import { exportArtifact, outcomeHeadOf, PalomaError, RESPONSE_HEAD } from '@paloma/core'
import { createWorld, pairedDifference, runWorld, scenarioNamed } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { deskOf } from './world/desk.mjs'

const flags = flagsOf({
  scenario: { type: 'string', default: 'retail,streaming,news' },
  seeds: { type: 'string', default: '2' },
  'first-seed': { type: 'string', default: '401' },
  users: { type: 'string', default: '1000' },
  'days-before': { type: 'string', default: '90' },
  days: { type: 'string', default: '60' },
})
const [seedCount, firstSeed, users, daysBefore, days] = ['seeds', 'first-seed', 'users', 'days-before', 'days'].map(
  (name) => Number(flags[name]),
)
/** Of the first market, whose log begins at random. */
const LOG_DAYS = 30
/** So many sends are a beginning. */
const FIRST_SENDS = 1_000
/** The first market has other people than any that is reported. */
const OTHER_PEOPLE = 10_000
const START_AT = Date.UTC(2026, 2, 2)

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function lived(scenario, { seed, spanDays, ...options }) {
  const world = createWorld({ scenario: scenarioNamed(scenario), users, days: spanDays, seed, startAt: START_AT })
  const desk = deskOf(world, options)
  return { totals: runWorld(world, desk.choose, { observer: desk.observer }), snapshot: desk.snapshot() }
}

/** The artifact with every pattern turned around: levels right, everything else as wrong as it can be. */
function turnedAround(artifact) {
  const minus = (numbers) => numbers.map((number) => -number)
  const turned = (part) => ({ ...part, direct: minus(part.direct) })
  const objectives = Object.entries(artifact.objectives).map(([name, told]) => {
    if (told.model !== 'response') return [name, told]
    return [name, { ...told, outcomes: turned(told.outcomes), beside: turned(told.beside) }]
  })
  return {
    ...artifact,
    name: 'turned around',
    answers: turned(artifact.answers),
    objectives: Object.fromEntries(objectives),
  }
}

function intervalOf(a, b) {
  const { mean: difference, standardError } = pairedDifference(a, b)
  return { mean: difference, low: difference - 1.96 * standardError, high: difference + 1.96 * standardError }
}

/** −log likelihood of what came true or not at these log odds. */
function surprise(logOdds, happened) {
  return Math.log1p(Math.exp(happened ? -logOdds : logOdds))
}

function logOddsOf({ mean: weights }, { sent }) {
  return sent.action.reduce((sum, value, j) => sum + value * weights[j], 0)
}

/** Mean surprise by answers and orders of random sends, each predicted before it was learned from: the first so many, and the rest. */
function surprised(scenario, { seed, artifact }) {
  const found = { answers: [], orders: [] }
  const examine = ({ heads }, batches) => {
    const sends = (name) => batches[name].examples.flatMap(({ send }) => send ?? [])
    const answers = heads[RESPONSE_HEAD]
    const orders = heads[outcomeHeadOf('conversion')]
    for (const send of sends(RESPONSE_HEAD)) found.answers.push(surprise(logOddsOf(answers, send), send.responded))
    for (const send of sends('conversion')) {
      found.orders.push(surprise(logOddsOf(answers, send) + logOddsOf(orders, send), send.own !== 0))
    }
  }
  lived(scenario, { seed, spanDays: days, logDays: days, artifact, examine })
  return Object.fromEntries(
    Object.entries(found).map(([name, all]) => [name, [mean(all.slice(0, FIRST_SENDS)), mean(all.slice(FIRST_SENDS))]]),
  )
}

/** One new market, lived three times by the same people with the same luck. */
function compare(scenario, seed) {
  const first = lived(scenario, { seed: seed + OTHER_PEOPLE, spanDays: daysBefore, logDays: LOG_DAYS })
  const artifact = exportArtifact(first.snapshot, 'the first market')
  const starts = { cold: undefined, artifact, wrong: turnedAround(artifact) }
  const runs = Object.fromEntries(
    Object.entries(starts).map(([name, from]) => {
      const { totals } = lived(scenario, { seed, spanDays: days, logDays: 0, artifact: from })
      process.stderr.write(`${scenario} ${seed} ${name}: ${mean(totals.value).toFixed(3)}\n`)
      return [name, totals]
    }),
  )
  const figures = Object.fromEntries(
    Object.entries(runs).map(([name, { value, pushReach, optOuts }]) => [
      name,
      { value: mean(value), pushReach: mean(pushReach), optOuts: mean(optOuts) },
    ]),
  )
  const against = (name) => intervalOf(runs[name].value, runs.cold.value)
  const surprises = Object.fromEntries(
    Object.entries(starts).map(([name, from]) => [name, surprised(scenario, { seed, artifact: from })]),
  )
  return { scenario, seed, figures, surprises, artifact: against('artifact'), wrong: against('wrong') }
}

if (!(users > 0 && days > 0 && daysBefore > LOG_DAYS)) {
  throw new PalomaError('USAGE', `--users and --days must be > 0, --days-before > ${LOG_DAYS}`)
}
const seeds = Array.from({ length: seedCount }, (_, i) => firstSeed + i)
const before = machine()
const results = flags.scenario.split(',').flatMap((scenario) => seeds.map((seed) => compare(scenario, seed)))

const gain = ({ mean: above, low, high }, of) =>
  `${((100 * above) / of).toFixed(1)} %: ${above.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
const rows = results.map(({ scenario, seed, figures: { cold, artifact, wrong }, ...above }) => [
  `${scenario} ${seed}`,
  cold.value.toFixed(2),
  artifact.value.toFixed(2),
  gain(above.artifact, cold.value),
  wrong.value.toFixed(2),
  gain(above.wrong, cold.value),
  [cold, artifact, wrong].map(({ pushReach }) => pushReach.toFixed(3)).join(', '),
  [cold, artifact, wrong].map(({ optOuts }) => optOuts.toFixed(3)).join(', '),
])
const shown = (surprising) => (Number.isNaN(surprising) ? 'no sends' : surprising.toPrecision(4))
const STARTS = ['cold', 'artifact', 'wrong']
const surpriseRows = results.flatMap(({ scenario, seed, surprises }) =>
  ['answers', 'orders'].flatMap((name) =>
    [`first ${FIRST_SENDS}`, 'after'].map((when, i) => [
      `${scenario} ${seed}: ${name}, ${when}`,
      ...STARTS.map((start) => shown(surprises[start][name][i])),
    ]),
  ),
)
publish(
  {
    title: 'a new market that starts from an artifact',
    command: `npm run bench:artifact -- --scenario ${flags.scenario} --seeds ${seedCount} --first-seed ${firstSeed} --users ${users} --days-before ${daysBefore} --days ${days}`,
    machine: before,
    body: [
      table([
        [
          'new market',
          'value: cold',
          'artifact',
          'above cold',
          'turned around',
          'above cold',
          'push reach',
          'opt-outs',
        ],
        ...rows,
      ]),
      table([['surprise by random sends', 'cold', 'artifact', 'turned around'], ...surpriseRows]),
    ].join('\n\n'),
    remarks: [
      `Means per user over the first ${days} days of a market that acts from the first day on. The artifact is what another market (other people, ${users} of them, ${daysBefore} days of which the first ${LOG_DAYS} were random) had learned. Differences are paired user by user, with 95 % intervals. Push reach and opt-outs: cold, artifact, turned around. Surprise: −log likelihood of answers and orders of the same random sends over the same days, each predicted before it was learned from.`,
    ],
    results,
  },
  flags,
)
