// How much of what the best headline would have brought does a policy get while it still finds out which one that is?
import { fitRatePrior } from '@paloma/core'
import { betaThompson, exploreThenCommit, finiteHorizon } from './headlines/contestants.mjs'
import { bounds, play, shareOf } from './headlines/play.mjs'
import { readTests } from './headlines/read-tests.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const TARGETS = { 3000: 0.42, 10000: 0.59 }

const { positionals, ...flags } = flagsOf(
  {
    horizons: { type: 'string', default: '3000,10000' },
    batch: { type: 'string', default: '50' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    floor: { type: 'string', default: '0.01' },
    'reference-seeds': { type: 'string', default: '1' },
  },
  ['FILE'],
)
const [path] = positionals
const batch = Number(flags.batch)
const tests = readTests(path)
const priors = [1, 0].map((other) =>
  fitRatePrior(tests.filter(({ half }) => half === other).map(({ counts }) => counts)),
)

const CONTESTANTS = [
  { name: 'finite horizon', contestant: finiteHorizon(priors, Number(flags.floor)), seeds: flags.seeds },
  { name: 'explore 25 %, then commit', contestant: exploreThenCommit, seeds: flags['reference-seeds'] },
  { name: 'Thompson, Beta(1, 1)', contestant: betaThompson, seeds: flags['reference-seeds'] },
]

/** Mean over seeds, and the same for the half on which the two constants of the policy were chosen and for the other. */
function measure({ name, contestant, seeds }, horizon) {
  const seedList = seeds.split(',').map(Number)
  const rows = tests.map((test) => {
    const clicks = seedList.map((seed) => play(test, contestant, { horizon, batch, seed }))
    return { half: test.half, clicks, got: mean(clicks), ...bounds(test, horizon) }
  })
  process.stderr.write(`${name}, ${horizon}: done\n`)
  return {
    name,
    horizon,
    target: name === 'finite horizon' ? (TARGETS[horizon] ?? null) : null,
    ...shareOf(rows),
    bySeed: seedList.map((_, i) => shareOf(rows.map((row) => ({ ...row, got: row.clicks[i] }))).share),
    byHalf: [0, 1].map((half) => shareOf(rows.filter((row) => row.half === half))),
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const horizons = flags.horizons.split(',').map(Number)
const figures = horizons.flatMap((horizon) => CONTESTANTS.map((contestant) => measure(contestant, horizon)))
const show = ({ share, standardError }) => `${share.toFixed(3)} ± ${(1.96 * standardError).toFixed(3)}`

publish(
  {
    title: 'share of the achievable lift on headline tests',
    command: `npm run bench:headlines -- FILE --horizons ${flags.horizons} --seeds ${flags.seeds} --floor ${flags.floor}`,
    machine: machine(),
    tests: tests.length,
    priors,
    figures,
    body: table([
      ['policy', 'sends per test', 'share of the lift', 'by seed', 'half A', 'half B', 'target'],
      ...figures.map((figure) => [
        figure.name,
        figure.horizon,
        show(figure),
        figure.bySeed.map((share) => share.toFixed(3)).join(' '),
        ...figure.byHalf.map(show),
        figure.target === null ? '' : `≥ ${figure.target}`,
      ]),
    ]),
  },
  flags,
)
