import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomFrom } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../print/index.ts'
import { experimentCommand } from './experiment-command.ts'
import { NO_SERVER } from './testing/no-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'paloma-bad-input-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Row = readonly (string | number)[]

const METRIC = {
  ...{ name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.05 },
  windowSettings: { type: 'conversion', windowValue: 2, windowUnit: 'days' },
}
const SPEC = {
  experiment: 'checkout',
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  control: 'control',
  start: '2026-01-01T00:00:00Z',
  end: '2026-01-15T00:00:00Z',
  columns: { assignments: { time: 'time' } },
  metrics: [METRIC],
}

const day = (i: number, hour: number, month = '2026-01'): string =>
  `${month}-${String(1 + (i % 10)).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`
const random = randomFrom('bad input')
const assigned: readonly Row[] = Array.from({ length: 400 }, (_, i) => [`u${i}`, i % 2 ? 'new' : 'control', day(i, 10)])
const spending = (value: (i: number) => string | number): readonly Row[] =>
  assigned.map(([user = ''], i) => [user, 'spend', value(i), day(i, 12)])
const spent = spending(() => Number((10 + 5 * random()).toFixed(3)))
const earlier: readonly Row[] = assigned.map(([user = ''], i) => [user, 'spend', 8 + random(), day(i, 12, '2025-12')])
const only = (variant: string): readonly Row[] => assigned.filter((row) => row[1] === variant)
const crossing = (n: number): readonly Row[] =>
  assigned
    .slice(0, n)
    .map(([user = '', variant = '', time = '']) => [user, variant === 'new' ? 'control' : 'new', time])

interface Change {
  readonly spec?: object
  readonly assigned?: readonly Row[]
  readonly header?: string
  readonly metrics?: readonly Row[]
}

let runs = 0
async function analyse(change: Change) {
  const { spec = {}, header = 'user,variant,time', metrics = [...spent, ...earlier] } = change
  runs += 1
  const path = (name: string): string => join(folder, `${runs}-${name}`)
  const table = (name: string, head: string, rows: readonly Row[]): string => {
    writeFileSync(path(name), `${[head, ...rows.map((row) => row.join(','))].join('\n')}\n`)
    return path(name)
  }
  writeFileSync(path('spec.json'), JSON.stringify({ ...SPEC, ...spec }))
  const files = [
    ...['--spec', path('spec.json')],
    ...['--assignments', table('assignments.csv', header, change.assigned ?? assigned)],
    ...['--metrics', table('metrics.csv', 'user,metric,value,time', metrics)],
  ]
  const run = async (...more: readonly string[]) => {
    const output = memoryOutput()
    const command = experimentCommand(output, NO_SERVER, () => Date.UTC(2026, 0, 20))
    const code = await runCommand(command, ['analyse', ...files, ...more], output)
    return { code, results: output.results(), notes: output.notes() }
  }
  return { shown: await run(), json: await run('--json') }
}

const zeroInControl = spending((i) => (i % 2 ? 1 + random() : 0))
const guardrail = { ...METRIC, role: 'guardrail', targetMDE: undefined, nonInferiorityMargin: 0.02 }

/** What is wrong, the verdict that comes of it, and what a reader is told, line by line. */
const ANSWERED: readonly (readonly [string, Change, string, readonly RegExp[]])[] = [
  ['nothing', {}, 'doNotShip', [/ok +rows that count +all of them/, /– +values missing alike +no value is missing/]],
  [
    'zero variance',
    { metrics: spending(() => 5) },
    'keepRunning',
    [/spend +success +5 +5 +0 \(not tested now\) +unreliable/, /no standard error: all values are alike/],
  ],
  [
    'n < 2 in each',
    { assigned: assigned.slice(0, 2) },
    'keepRunning',
    [/not tested now\) +unreliable/, /no standard error: too few users/],
  ],
  [
    'n < 2 in one',
    { assigned: [...only('control').slice(0, 6), ...only('new').slice(0, 1)] },
    'keepRunning',
    [/no standard error: too few users/],
  ],
  [
    'a zero baseline',
    { metrics: zeroInControl },
    'ship',
    [/no relative effect: the control mean is 0/, /the least effect has no base: the control mean is 0/],
  ],
  [
    'a margin of a zero baseline',
    { metrics: zeroInControl, spec: { metrics: [guardrail] } },
    'keepRunning',
    [/the margin has no base: the control mean is 0/, /spend cannot be tested, for the reason in its notes/],
  ],
  [
    'a baseline around zero',
    { metrics: spending((i) => ((i % 7) - 3) / 3) },
    'keepRunning',
    [/no relative effect: the control mean is too uncertain to be a base/],
  ],
  ['one empty arm', { assigned: only('control') }, 'invalid', [/FAILED +sample ratio/, /– +no answer +unreliable/]],
  [
    'users in two arms',
    { assigned: [...assigned, ...crossing(10)] },
    'invalid',
    [/FAILED +users in several variants +10 of 400 users/],
  ],
  [
    'few users in two arms',
    { assigned: [...assigned, ...crossing(2)] },
    'doNotShip',
    [/ok +users in several variants +2 of 400 users.*left out/],
  ],
  [
    'exposure before assignment',
    {
      spec: { columns: { assignments: { time: 'time', assigned: 'assigned' } } },
      header: 'user,variant,time,assigned',
      assigned: assigned.map((row, i) => [...row, day(i, i < 20 ? 11 : 9)]),
    },
    'invalid',
    [/FAILED +clocks agree +20 of 400 users exposed before they were assigned/],
  ],
  [
    'clock skew: rows after now',
    { metrics: [...spent, ...earlier, ['u0', 'spend', 9, '2099-01-01T00:00:00Z']] },
    'doNotShip',
    [/as of 2026-01-20T00:00:00Z/, /look +clocks agree .*1 row of metrics dated after the read-out/],
  ],
  [
    'clock skew: exposures after the read-out',
    {
      spec: { asOf: '2026-01-14T00:00:00Z', end: '2026-07-01T00:00:00Z' },
      assigned: assigned.map(([user = '', variant = ''], i) => [
        user,
        variant,
        day(i, 10, i < 5 ? '2026-06' : '2026-01'),
      ]),
    },
    'keepRunning',
    [/look +rows that count +left out: 5 users exposed before its start, after its end or after the read-out/],
  ],
  [
    'a missing pre-period',
    { metrics: spent },
    'doNotShip',
    [/– +no difference before exposure +nothing is known/, /not adjusted: nothing is known from before exposure/],
  ],
  [
    'duplicated rows',
    { assigned: [...assigned, ...assigned], metrics: [...spent, ...spent, ...earlier] },
    'doNotShip',
    [/400 rows of assignments after a user's first; 400 rows of metrics that repeat another/],
  ],
  [
    'NaN',
    { metrics: spending((i) => (i < 20 ? ['NaN', '', 'inf'][i % 3]! : 10 + random())) },
    'doNotShip',
    [/values missing alike +(p [.\d]+ +)?spend: \d+ users without a value/],
  ],
  [
    'NaN in one arm',
    { metrics: spending((i) => (i % 4 === 1 ? 'NaN' : 10 + random())) },
    'invalid',
    [/FAILED +values missing alike/, /unreliable/],
  ],
  [
    'users of another kind in the metrics',
    { assigned: assigned.map(([user, ...row]) => [`x-${user}`, ...row]) },
    'invalid',
    [/FAILED +rows that count .*none of the 800 rows of metrics is about an assigned user/],
  ],
]

/** What cannot be read at all, and the sentence that says so. */
const REFUSED: readonly (readonly [string, Change, RegExp])[] = [
  [
    'weights that do not sum',
    {
      spec: {
        variants: [
          { name: 'control', weight: 0.5 },
          { name: 'new', weight: 0.4 },
        ],
      },
    },
    /SPEC_INVALID: .*\/variants expected weights that sum to 1, got 0.9/,
  ],
  [
    'a weight that is NaN',
    {
      spec: {
        variants: [
          { name: 'control', weight: 0.5 },
          { name: 'new', weight: 'NaN' },
        ],
      },
    },
    /\/variants\/1\/weight expected number, got "NaN"/,
  ],
  [
    'a metric that does not exist',
    { spec: { metrics: [{ ...METRIC, name: 'joy', numerator: { column: 'joy' } }] } },
    /METRIC_UNKNOWN: .*metric "joy" expects "joy", got spend/,
  ],
  ['nobody at all', { assigned: [] }, /TABLE_EMPTY: .*expected rows of assignments, got none/],
]

describe('paloma experiment analyse', () => {
  it.each(ANSWERED)('with %s gives a value or a reason', async (_, change, verdict, says) => {
    const { shown, json } = await analyse(change)
    expect([shown.code, json.code, shown.notes]).toEqual([0, 0, ''])
    for (const line of says) expect(shown.results).toMatch(line)
    expect(shown.results).not.toMatch(/NaN|Infinity|undefined|null/)
    const { decision, quality, comparisons } = JSON.parse(json.results)
    expect(decision.verdict).toBe(verdict)
    // No placeholder: what was not tested has no p value, and what has no estimate has no interval.
    for (const { status, pValue } of quality.checks)
      if (status === 'moot' || status === 'unknown') expect(pValue).toBeNull()
    for (const { absolute, test } of comparisons[0].metrics) {
      if (absolute.kind === 'undefined') expect([test.pValue, absolute.low]).toEqual([null, undefined])
    }
  })

  it.each(REFUSED)('with %s says what was expected', async (_, change, says) => {
    const { shown, json } = await analyse(change)
    expect([shown.code, json.code, shown.results, json.results]).toEqual([1, 1, '', ''])
    expect(shown.notes).toMatch(says)
  })
})
