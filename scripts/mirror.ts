// Holds the code against the numbers of CONTRIBUTING.md and shows where it is over: `npm run mirror`. A report, no gate.
import { readSourceTree } from './architecture/source-tree.ts'
import { type FunctionMeasure, measureFunctions, percentile } from './mirror/measure.ts'

/** What is counted, and the most that is aimed at: for nine of ten, and for the worst. */
const ROWS = [
  { key: 'lines', title: 'lines of a function', p90: 25, worst: 60 },
  { key: 'branching', title: 'branching', p90: null, worst: 15 },
  { key: 'nesting', title: 'nesting', p90: null, worst: 3 },
  { key: 'parameters', title: 'parameters', p90: null, worst: 3 },
] as const

const SHOWN = 12
const modules = readSourceTree().modules.filter(({ isTest, path }) => !isTest && path.startsWith('packages/'))
const functions = modules.flatMap(measureFunctions)
const files = modules.map(({ path, syntax }) => ({ path, lines: syntax.getLineStarts().length }))
const print = (text: string): void => void process.stdout.write(`${text}\n`)

function row(
  title: string,
  values: readonly number[],
  aim: { readonly p90: number | null; readonly worst: number },
): void {
  const over = values.filter((value) => value > aim.worst).length
  const cells = [
    percentile(values, 0.5),
    percentile(values, 0.9),
    aim.p90 ?? '-',
    percentile(values, 1),
    aim.worst,
    over,
  ]
  print([title.padEnd(22), ...cells.map((cell) => String(cell).padStart(8))].join(''))
}

function worst(key: 'lines' | 'branching' | 'nesting' | 'parameters', most: number): void {
  const over: readonly FunctionMeasure[] = functions.filter((each) => each[key] > most).sort((a, b) => b[key] - a[key])
  for (const each of over.slice(0, SHOWN)) print(`  ${key} ${each[key]}  ${each.path}:${each.line} ${each.name}`)
}

print(`${modules.length} files, ${functions.length} functions, tests left out\n`)
print(
  ['', 'median', 'p90', 'aim', 'worst', 'aim', 'over']
    .map((name, i) => (i === 0 ? name.padEnd(22) : name.padStart(8)))
    .join(''),
)
for (const { key, title, ...aim } of ROWS)
  row(
    title,
    functions.map((each) => each[key]),
    aim,
  )
row(
  'lines of a file',
  files.map(({ lines }) => lines),
  { p90: 250, worst: 400 },
)
print('\nOver the worst that is aimed at:')
for (const { key, worst: most } of ROWS) worst(key, most)
for (const { path, lines } of files.filter((file) => file.lines > 400)) print(`  lines ${lines}  ${path}`)
