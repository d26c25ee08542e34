// The contextual bandit beside plain linear Thompson sampling, Vowpal Wabbit and full information, set by set.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FLOOR, onePass, paloma, withFloor } from './bandits/one-pass.mjs'
import { readSet } from './bandits/read-set.mjs'
import { linearThompson, oneAgainstAll } from './bandits/references.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  dir: { type: 'string' },
  seeds: { type: 'string', default: '1,2,3,4,5' },
  vw: { type: 'string' },
  /** Sets whose name holds this. */
  sets: { type: 'string', default: '' },
})
const seeds = flags.seeds.split(',')
const vowpal = flags.vw === undefined ? {} : JSON.parse(readFileSync(flags.vw, 'utf8'))
const best = Object.entries(vowpal).sort(([, a], [, b]) => a.mean - b.mean)[0]
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function figuresOf(file) {
  const set = readSet(join(flags.dir, file))
  const losses = (create) => seeds.map((seed) => onePass(set, create, { seed }).loss)
  const own = losses(paloma)
  process.stderr.write(`${set.name}: ${mean(own).toFixed(4)}\n`)
  return {
    set: set.name,
    rows: set.contexts.length,
    actions: set.actions,
    features: set.features,
    paloma: mean(own),
    least: Math.min(...own),
    most: Math.max(...own),
    palomaFree: mean(losses((shape, options) => paloma(shape, { ...options, floor: 0 }))),
    linearThompson: mean(losses(linearThompson)),
    linearFloored: mean(losses(withFloor(linearThompson, FLOOR))),
    vowpal: best?.[1][set.name] ?? null,
    oneAgainstAll: oneAgainstAll(set),
  }
}

const sets = readdirSync(flags.dir)
  .filter((file) => file.endsWith('.csv.gz') && file.includes(flags.sets))
  .sort()
  .map(figuresOf)
const COLUMNS = ['paloma', 'linearFloored', 'palomaFree', 'linearThompson', 'vowpal', 'oneAgainstAll']
const meanOf = (values) => (values.includes(null) ? null : mean(values))
const means = Object.fromEntries(COLUMNS.map((name) => [name, meanOf(sets.map((row) => row[name]))]))
const cell = (value) => (value === null ? '' : value.toFixed(4))

publish(
  {
    title: 'the contextual bandit beside others',
    command: `node benchmarks/bandits-compare.mjs --dir … --seeds ${flags.seeds}${flags.sets === '' ? '' : ` --sets ${flags.sets}`}${best === undefined ? '' : ' --vw vw.json'}`,
    machine: machine(),
    figures: { sets, means, vowpal: best?.[0] ?? null },
    body: table([
      [
        ...['set', 'rows', 'actions', 'Paloma (least–most)', 'linear Thompson, floor', 'Paloma, no floor'],
        ...['linear Thompson, no floor', 'Vowpal Wabbit', 'full information, linear'],
      ],
      ...sets.map((row) => [
        row.set,
        row.rows,
        row.actions,
        `${cell(row.paloma)} (${cell(row.least)}–${cell(row.most)})`,
        ...COLUMNS.slice(1).map((name) => cell(row[name])),
      ]),
      ['mean', '', '', ...COLUMNS.map((name) => cell(means[name]))],
    ]),
    remarks: [
      `Progressive loss of one pass, mean of ${seeds.length} seeds for Paloma (drawn from the logged probabilities) and linear Thompson (λ = 1, v = .1), each with the floor of 1 % and without.`,
      ...(best === undefined ? [] : [`Vowpal Wabbit is its best configuration by the mean: ${best[0]}.`]),
    ],
  },
  flags,
)
