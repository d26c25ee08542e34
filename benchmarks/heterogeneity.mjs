// Do tests for heterogeneity and rankings by uplift keep their promises, what do they find, and how long do they take?

import { qiniEstimate } from '../packages/core/src/evaluation/index.ts'
import { heterogeneityOf } from '../packages/core/src/heterogeneity/heterogeneity.ts'
import { worldOfEffects } from '../packages/core/src/heterogeneity/testing/world-of-effects.ts'
import { randomFrom } from '../packages/core/src/random/index.ts'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  runs: { type: 'string', default: '300' },
  splits: { type: 'string', default: '21' },
  users: { type: 'string', default: '500,2000' },
  slopes: { type: 'string', default: '0,0.1,0.2,0.3' },
  large: { type: 'string', default: '20000,100000' },
})
const runs = Number(flags.runs)
const splits = Number(flags.splits)
const numbers = (text) => text.split(',').map(Number)
const percent = (share) => `${(100 * share).toFixed(1)} %`

function rejections(users, slope) {
  const hits = { twice: 0, sequential: 0, average: 0, seconds: 0 }
  const began = process.cpuUsage().user
  for (let run = 0; run < runs; run++) {
    const world = { users, share: 0.3, average: 0.3, slope, isSkewed: true }
    const found = heterogeneityOf(worldOfEffects(`bench ${users} ${slope} ${run}`, world), {
      ...{ splits, level: 0.95, seed: `${run}` },
    })
    if (found.kind === 'undefined') throw new Error(found.reason)
    if (found.pValue < 0.05) hits.twice += 1 / runs
    if (found.sequentialPValue < 0.05) hits.sequential += 1 / runs
    if (found.average.low <= 0.3 && 0.3 <= found.average.high) hits.average += 1 / runs
  }
  return { users, slope, ...hits, seconds: (process.cpuUsage().user - began) / 1e6 / runs }
}

/** Coverage of the Qini coefficient whose truth is known in closed form. */
function qiniCoverage(users) {
  const [share, base, slope] = [0.3, 0.2, 0.3]
  const area = share * (slope / 3 - slope / 4)
  const [treated, others] = [share * (base + slope / 2), (1 - share) * base]
  const end = treated - (others * share) / (1 - share)
  const perfect = treated ** 2 / 2 + (1 - treated - others) * treated + (others * (treated + end)) / 2 - end / 2
  let hits = 0
  const draws = 20 * runs
  for (let run = 0; run < draws; run++) {
    const random = randomFrom(`bench qini ${users} ${run}`)
    const scores = Float64Array.from({ length: users }, random)
    const given = Uint8Array.from(scores, () => (random() < share ? 1 : 0))
    const responded = Uint8Array.from(scores, (s, i) => (random() < base + given[i] * slope * s ? 1 : 0))
    const { coefficient } = qiniEstimate({ scores, treated: given, responded }, 0.95)
    if (coefficient.kind === 'estimate' && coefficient.low <= area / perfect && area / perfect <= coefficient.high)
      hits++
  }
  return { users, truth: area / perfect, coverage: hits / draws, draws }
}

function timed(users) {
  const people = worldOfEffects(`bench large ${users}`, { users, share: 0.5, average: 0.1, slope: 0.05 })
  const began = process.cpuUsage().user
  const found = heterogeneityOf(people, { splits, level: 0.95, seed: 'large' })
  const seconds = (process.cpuUsage().user - began) / 1e6
  return { users, seconds, pValue: found.pValue, sequentialPValue: found.sequentialPValue }
}

const rates = numbers(flags.users).flatMap((users) => numbers(flags.slopes).map((slope) => rejections(users, slope)))
const qini = numbers(flags.users).map(qiniCoverage)
const large = numbers(flags.large).map(timed)

const body = [
  table([
    ['users', 'effect moves by', 'twice the median p < .05', 'sequential p < .05', 'average covered', 'CPU s'],
    ...rates.map(({ users, slope, twice, sequential, average, seconds }) => [
      ...[users, slope, percent(twice), percent(sequential), percent(average), seconds.toFixed(2)],
    ]),
  ]),
  table([
    ['users ranked', 'true Qini', 'covered by 95 %', 'draws'],
    ...qini.map(({ users, truth, coverage, draws }) => [users, truth.toFixed(4), percent(coverage), draws]),
  ]),
  table([
    ['users', 'CPU s', 'twice the median p', 'sequential p'],
    ...large.map(({ users, seconds, pValue, sequentialPValue }) => [
      ...[users, seconds.toFixed(1), pValue.toExponential(1), sequentialPValue.toExponential(1)],
    ]),
  ]),
].join('\n\n')

publish(
  {
    title: 'do effects differ between users?',
    command: `npm run bench:heterogeneity -- --runs ${runs} --splits ${splits} --users ${flags.users} --slopes ${flags.slopes} --large ${flags.large}`,
    machine: machine(),
    figures: { rates, qini, large },
    body,
  },
  flags,
)
