import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomFrom } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../print/index.ts'
import { experimentCommand } from './experiment-command.ts'
import { NO_SERVER } from './testing/no-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'paloma-surrogate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEADER = 'experiment,index_effect,index_std_error,realised_effect,realised_std_error'

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

async function run(...words: readonly string[]) {
  const output = memoryOutput()
  const command = experimentCommand(output, NO_SERVER, () => Date.UTC(2026, 0, 20))
  const code = await runCommand(command, words, output)
  return { code, results: output.results(), notes: output.notes() }
}

const past = file('past.csv', [
  HEADER,
  ...[1, -1, 2, -2, 1.5].map((x, i) => `e${i},${x},0.1,${0.6 * x},0.2`),
  ...[1, 2].map((x) => `wrong${x},${x},0.1,${-x},0.2`),
])

describe('paloma experiment surrogate', () => {
  it('says in words and in numbers that signs differ too often', async () => {
    const words = await run('surrogate', '--past', past)
    expect(words.code).toBe(0)
    expect(words.results).toMatch(/signs that differ +2 of 7 \[/)
    expect(words.results).toMatch(/verdict +MISLEADS: more than a fifth of the signs differ/)
    const { results } = await run('surrogate', '--past', past, '--json')
    expect(JSON.parse(results)).toMatchObject({ experiments: 7, disagreements: 2, verdict: 'broken' })
  })

  it('answers 1 with file, column, value and row of what is wrong, and 2 without a file', async () => {
    const wrong = file('wrong.csv', [HEADER, 'a,1,0.1,1,0'])
    const { code, notes } = await run('surrogate', '--past', wrong)
    expect(code).toBe(1)
    expect(notes).toContain(`${wrong}: column "realised_std_error" expects a number above 0, got 0 in row 1`)
    expect(await run('surrogate')).toMatchObject({ code: 2 })
  })
})

describe('paloma experiment analyse with a surrogate', () => {
  const random = randomFrom('surrogate command')
  const users = Array.from({ length: 400 }, (_, i) => ({ user: `u${i}`, variant: i % 2 === 0 ? 'new' : 'control' }))
  const spec = (surrogate: string): string =>
    file(`spec${surrogate.length}.yaml`, [
      'experiment: long',
      'variants: [{ name: control, weight: 0.5 }, { name: new, weight: 0.5 }]',
      'control: control',
      'sequential: { kind: fixed }',
      'metrics: [{ name: visits, metricType: mean, numerator: { column: visits }, role: exploratory }]',
      'columns: { metrics: { form: wide } }',
      surrogate,
    ])
  const words = (path: string): readonly string[] => [
    'analyse',
    ...['--spec', path],
    ...['--assignments', file('a.csv', ['user,variant', ...users.map(({ user, variant }) => `${user},${variant}`)])],
    ...['--metrics', file('m.csv', ['user,visits', ...users.map(({ user }) => `${user},${5 * random()}`)])],
  ]
  const declared = spec('surrogate: { longTerm: revenue, metrics: [visits] }')
  const history = file('h.csv', [
    'user,visits,revenue',
    ...Array.from({ length: 200 }, (_, i) => {
      const visits = 5 * random()
      return `p${i},${visits},${2 * visits + random()}`
    }),
  ])

  it('shows forecast, assumptions and what past experiments say', async () => {
    const found = await run(...words(declared), '--surrogate-history', history, '--past-experiments', past)
    expect(found.code).toBe(0)
    expect(found.results).toContain(
      'Estimated long-term effects (a forecast and no measurement; right only if variants were',
    )
    expect(found.results).toMatch(/The forecast of revenue \(least squares over 200 past users/)
    expect(found.results).toContain('MISLEADS')
  })

  it('answers 2 where spec and tables do not go together', async () => {
    const alone = await run(...words(declared))
    expect(alone).toMatchObject({ code: 2 })
    expect(alone.notes).toContain('needs both `surrogate` in the spec and --surrogate-history FILE')
    expect(await run(...words(spec('')), '--surrogate-history', history)).toMatchObject({ code: 2 })
    const without = await run(...words(spec('')), '--past-experiments', past)
    expect(without.notes).toContain('--past-experiments needs --surrogate-history FILE')
  })
})
