// What is learned of 59 days before they have passed: regret against waiting and a day-two proxy, and speed against NumPy.
import { beliefFilter, fitTracePrior } from '@paloma/core'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { median } from './measure/summary.mjs'
import { CONTESTANTS } from './progressive/contestants.mjs'
import { drawTraining, spansOf } from './progressive/generator.mjs'
import { liveDays } from './progressive/live-days.mjs'
import { raceNumpy } from './progressive/race-numpy.mjs'

const flags = flagsOf({
  seeds: { type: 'string', default: '1,2,3,4,5' },
  loyalties: { type: 'string', default: '0.9,0.7,0.5,0.2' },
  days: { type: 'string', default: '180' },
  python: { type: 'string', default: 'python3' },
  rounds: { type: 'string', default: '15' },
})
const TRAINING = { messages: 200, users: 200 }
const SCENE = { messages: 50, usersPerDay: 50, days: Number(flags.days) }
const TARGET = { regret: 0.55, speed: 20 }
const seeds = flags.seeds.split(',').map(Number)
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Beliefs over days and over spans, with priors from the same past messages. */
function filtersOf(training) {
  const spans = training.map((traces) => traces.map(spansOf))
  return { filter: beliefFilter(fitTracePrior(training)), spanFilter: beliefFilter(fitTracePrior(spans)) }
}

/** Regret of each contestant as a share of uniform's, and as a share of waiting's. */
function compare(loyalty) {
  const runs = seeds.map((seed) => {
    const filters = filtersOf(drawTraining({ ...TRAINING, seed, loyalty }))
    process.stderr.write(`loyalty ${loyalty}, seed ${seed}\n`)
    return Object.fromEntries(
      Object.entries(CONTESTANTS).map(([name, make]) => [name, liveDays(make, { ...SCENE, filters, seed, loyalty })]),
    )
  })
  const regret = Object.fromEntries(Object.keys(CONTESTANTS).map((name) => [name, mean(runs.map((run) => run[name]))]))
  return {
    loyalty,
    runs,
    regret,
    ofWaiting: regret.progressive / regret.waiting,
    ofProxy: regret.progressive / regret['day-two proxy'],
  }
}

const figures = flags.loyalties.split(',').map(Number).map(compare)
const { filter, spanFilter } = filtersOf(drawTraining({ ...TRAINING, seed: 0, loyalty: 0.8 }))
// 50 users a day over all messages, and 50 a day for each.
const RACES = [
  { messages: SCENE.messages, users: 180, spans: false },
  { messages: 10, users: 9000, spans: false },
  { messages: SCENE.messages, users: 180, spans: true },
]
const races = []
for (const race of RACES)
  races.push(
    await raceNumpy(race.spans ? spanFilter : filter, { python: flags.python, rounds: Number(flags.rounds), ...race }),
  )
const times = (ratio) => `${ratio.median.toFixed(1)} × [${ratio.low.toFixed(1)}, ${ratio.high.toFixed(1)}]`

function told({ users, horizon, reason, microseconds, fromTraces, fromCounts, difference }) {
  if (reason !== undefined) return `Speed was not measured: ${reason}`
  const of = (name) => median(microseconds[name]).toPrecision(3)
  return `One belief over ${horizon} numbers, ${users} users per message: ${of('core')} µs of CPU; NumPy from the users' traces ${of('traces')} µs, ${times(fromTraces)} (target ≥ ${TARGET.speed}); NumPy from the same counts ${of('counts')} µs, ${times(fromCounts)}. Largest difference of a mean or variance ${difference.toExponential(1)}.`
}

publish(
  {
    title: 'learning from days that have passed',
    command: `npm run bench:progressive -- --seeds ${flags.seeds} --loyalties ${flags.loyalties} --days ${flags.days}`,
    machine: machine(),
    scene: { ...SCENE, training: TRAINING },
    figures,
    races,
    target: TARGET,
    body: table([
      ['what early days say (ρ)', ...Object.keys(CONTESTANTS), 'progressive ÷ waiting', 'progressive ÷ proxy'],
      ...figures.map(({ loyalty, regret, ofWaiting, ofProxy }) => [
        String(loyalty),
        ...Object.values(regret).map((share) => share.toFixed(3)),
        `${ofWaiting.toFixed(2)} (≤ ${TARGET.regret})`,
        ofProxy.toFixed(2),
      ]),
    ]),
    remarks: ['Regret over all users as a share of uniform sending’s.', ...races.map(told)],
  },
  flags,
)
