// How much does the contextual bandit lose on classification sets, one pass each, and how fast is it?
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { onePass, paloma } from './bandits/one-pass.mjs'
import { readSet } from './bandits/read-set.mjs'
import { table } from './measure/report.mjs'

const USAGE = 'npm run bench:bandits -- DIR [--json] [--seed 1]'

/** Loss and speed per set of a folder; every set is read before the first is run, so that a bad one costs no time. */
function measure(folder, seed) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv.gz'))
  if (files.length === 0) throw new RangeError(`${folder}: must hold at least one *.csv.gz, got none`)
  const sets = {}
  for (const set of files.sort().map((file) => readSet(join(folder, file)))) {
    if (set.outside > 0) process.stderr.write(`${set.name}: ${set.outside} rows have features outside [0, 1]\n`)
    const { loss, decisionsPerSecond } = onePass(set, paloma, { seed })
    sets[set.name] = { rows: set.contexts.length, actions: set.actions, loss, decisionsPerSecond }
    process.stderr.write(
      `${set.name}: loss ${loss.toFixed(4)}, ${Math.round(decisionsPerSecond)} decisions per second\n`,
    )
  }
  const losses = Object.values(sets).map(({ loss }) => loss)
  return { sets, mean: losses.reduce((sum, loss) => sum + loss, 0) / losses.length }
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
    options: { json: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
  })
  if (positionals.length !== 1) throw new RangeError(`one folder must be named, got ${positionals.length}: ${USAGE}`)
  const result = measure(positionals[0], values.seed)
  process.stdout.write(`${values.json ? JSON.stringify(result) : tableOf(result)}\n`)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
