// How much does the contextual bandit lose on classification sets, one pass each, and how fast is it?
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BASELINES } from './bandits/baselines.mjs'
import { onePass, paloma } from './bandits/one-pass.mjs'
import { readSet } from './bandits/read-set.mjs'
import { table } from './measure/report.mjs'

const USAGE = 'npm run bench:bandits -- DIR [--json] [--seed 1] [--baselines [--seeds 1,2,3]]'

function filesOf(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv.gz'))
  if (files.length === 0) throw new RangeError(`${folder}: must hold at least one *.csv.gz, got none`)
  return files.sort()
}

/** Loss and speed per set of a folder; every set is read before the first is run, so that a bad one costs no time. */
function measure(folder, seed) {
  const sets = {}
  for (const set of filesOf(folder).map((file) => readSet(join(folder, file)))) {
    if (set.outside > 0) process.stderr.write(`${set.name}: ${set.outside} rows have features outside [0, 1]\n`)
    const { loss, decisionsPerSecond } = onePass(set, paloma, { seed })
    sets[set.name] = { rows: set.contexts.length, actions: set.actions, loss, decisionsPerSecond }
    process.stderr.write(
      `${set.name}: loss ${loss.toFixed(4)}, ${Math.round(decisionsPerSecond)} decisions per second\n`,
    )
  }
  const losses = Object.values(sets).map(({ loss }) => loss)
  return { sets, mean: meanOf(losses) }
}

/** Paloma and every baseline over every set, mean of several seeds. */
function measureBaselines(folder, seeds) {
  const sets = filesOf(folder).map((file) => readSet(join(folder, file)))
  const contestants = { Paloma: paloma, ...BASELINES }
  return Object.fromEntries(
    Object.entries(contestants).map(([name, create]) => {
      const losses = sets.map((set) => meanOf(seeds.map((seed) => onePass(set, create, { seed }).loss)))
      process.stderr.write(`${name}: ${meanOf(losses).toFixed(4)}\n`)
      return [name, { sets: Object.fromEntries(sets.map((set, i) => [set.name, losses[i]])), mean: meanOf(losses) }]
    }),
  )
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function baselinesTable(baselines) {
  const [first] = Object.values(baselines)
  const names = Object.keys(first.sets)
  const rows = Object.entries(baselines)
    .sort(([, a], [, b]) => a.mean - b.mean)
    .map(([name, { sets, mean }]) => [name, ...names.map((set) => sets[set].toFixed(4)), mean.toFixed(4)])
  return table([['loss', ...names, 'mean'], ...rows])
}

function tableOf({ sets, mean }) {
  const rows = Object.entries(sets).map(([name, { rows: n, actions, loss, decisionsPerSecond }]) => [
    name,
    n,
    actions,
    loss.toFixed(4),
    Math.round(decisionsPerSecond),
  ])
  return table([
    ['set', 'rows', 'actions', 'loss', 'decisions per second'],
    ...rows,
    ['mean', '', '', mean.toFixed(4), ''],
  ])
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      baselines: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '1,2,3' },
    },
  })
  if (positionals.length !== 1) throw new RangeError(`one folder must be named, got ${positionals.length}: ${USAGE}`)
  const [folder] = positionals
  const baselines = values.baselines ? measureBaselines(folder, values.seeds.split(',')) : null
  const result = baselines ?? measure(folder, values.seed)
  const words = baselines === null ? tableOf : baselinesTable
  process.stdout.write(`${values.json ? JSON.stringify(result) : words(result)}\n`)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
