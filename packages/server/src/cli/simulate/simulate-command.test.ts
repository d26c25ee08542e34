import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOutput, runCommand } from '../print/index.ts'
import { simulateCommand } from './index.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-simulate-test-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function simulate(...args: readonly string[]) {
  const output = memoryOutput()
  const code = await runCommand(simulateCommand(output), args, output)
  return { code, results: output.results(), notes: output.notes() }
}

const SMALL = ['--users', '120', '--days', '14', '--policies', 'never,cadence,oracle']

describe('paloma simulate', () => {
  it('answers one JSON object with paired differences against the reference, the same for the same seeds', async () => {
    const first = await simulate(...SMALL, '--seed', '1-2', '--json')
    expect(first).toMatchObject({ code: 0 })
    const { policies, ...setting } = JSON.parse(first.results)
    expect(setting).toMatchObject({ scenario: 'retail', users: 120, days: 14, seeds: [1, 2], reference: 'cadence' })
    expect(policies.map(({ name }: { name: string }) => name)).toEqual(['never', 'cadence', 'oracle'])
    expect(policies[1].difference).toBeNull()
    expect(policies[0].perUser.sends).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 0 })
    const { value } = policies[2].difference
    expect(value.mean).toBeCloseTo(policies[2].perUser.value.mean - policies[1].perUser.value.mean, 8)
    expect(value.stdError).toBeLessThan(policies[2].perUser.value.stdError)
    expect(policies[2].bySeed).toHaveLength(2)
    expect(policies[2].daily.pushReach).toHaveLength(14)
    expect((await simulate(...SMALL, '--seed', '1-2', '--json')).results).toBe(first.results)
    expect((await simulate(...SMALL, '--seed', '3', '--json')).results).not.toBe(first.results)
  })

  it('adds the reference where it is not among the policies', async () => {
    const { results } = await simulate(
      '--users',
      '30',
      '--days',
      '7',
      '--policies',
      'never',
      '--reference',
      'email-2',
      '--json',
    )
    expect(JSON.parse(results).policies.map(({ name }: { name: string }) => name)).toEqual(['email-2', 'never'])
  })

  it('holds the others against a policy of one’s own', async () => {
    const file = join(dir, 'yardstick.mjs')
    await writeFile(file, 'export default () => () => null\n')
    const { results } = await simulate(
      '--users',
      '30',
      '--days',
      '7',
      '--policies',
      'daily',
      '--reference',
      file,
      '--json',
    )
    expect(JSON.parse(results)).toMatchObject({ reference: 'yardstick', policies: [{ difference: null }, {}] })
  })

  it.each([
    ['a reference that there is not', ['--reference', 'nope'], 2, /policy must be one of .* got nope/],
    ['an open range of seeds', ['--seed', '1-'], 2, /got 1-/],
    ['a negative seed', ['--seed=-1'], 2, /got -1/],
  ])('refuses %s in words', async (_, args, code, message) => {
    const refused = await simulate('--users', '5', '--days', '2', ...args)
    expect(refused).toMatchObject({ code, results: '', notes: expect.stringMatching(message) })
  })

  it('refuses a report that cannot be written before anybody has lived', async () => {
    const refused = await simulate(...SMALL, '--report', join(dir, 'none', 'report.html'))
    expect(refused).toMatchObject({ code: 1, results: '', notes: expect.stringContaining('REPORT_UNWRITABLE') })
    expect(refused.notes).not.toContain('retail: ')
  })

  it('lists scenarios and policies', async () => {
    const { code, results } = await simulate('--list')
    expect(code).toBe(0)
    for (const name of ['retail-broken-surrogate', 'streaming-inflating', 'news-big', 'cadence-N', 'oracle']) {
      expect(results).toContain(name)
    }
    expect(JSON.parse((await simulate('--list', '--json')).results).scenarios).toHaveLength(21)
  })

  it('runs an edited scenario file with its own size', async () => {
    const file = join(dir, 'mine.json')
    await simulate('--scenario', 'news-small', '--save', file)
    const scenario = { ...JSON.parse(await readFile(file, 'utf8')), name: 'mine', size: { users: 40, days: 9 } }
    await writeFile(file, JSON.stringify(scenario))
    const { results } = await simulate('--scenario', file, '--policies', 'never', '--json')
    expect(JSON.parse(results)).toMatchObject({ scenario: 'mine', users: 40, days: 9 })
  })

  it.each([
    ['throws', "throw new Error('mine')", /user u\d+ on day \d+: mine/],
    ['answers nothing', '', /offer must be one of the offers it was shown, got undefined/],
    ['makes an offer up', "return { offer: { id: 'x' }, channel: 'push' }", /offer must be .* got "x"/],
    [
      'sends where nobody is reached',
      "return { offer: offers[0], channel: 'fax' }",
      /channel must be one of .* got "fax"/,
    ],
    ['names no variant', 'return { offer: offers[0], channel }', /variant must be .* got undefined/],
    [
      'names no hour of the day',
      'return { offer: offers[0], channel, variant: offers[0].variants[0].name, localHour: 24 }',
      /localHour must be a number in \[0, 24\), got 24/,
    ],
  ])('refuses a policy of one’s own that %s', async (_, body, message) => {
    const file = join(dir, `bad-${_.replaceAll(' ', '-')}.mjs`)
    const open =
      'const channel = offers[0]?.channels.find((each) => channels.includes(each)); if (channel === undefined) return null;'
    await writeFile(file, `export default () => ({ offers, channels }) => { ${open} ${body} }\n`)
    const refused = await simulate('--users', '20', '--days', '7', '--policies', file)
    expect(refused).toMatchObject({ code: 1, results: '', notes: expect.stringMatching(message) })
    expect(refused.notes).toContain('POLICY_MODULE')
  })

  it('compares a policy of one’s own', async () => {
    const file = join(dir, 'mine.mjs')
    await writeFile(file, 'export default () => () => null\n')
    const { results } = await simulate('--users', '60', '--days', '7', '--policies', `never,${file}`, '--json')
    const [, never, mine] = JSON.parse(results).policies
    expect(mine.name).toBe('mine')
    expect({ ...mine, name: 'never' }).toEqual(never)
  })

  it('writes a page that needs nothing else, the same for the same comparison', async () => {
    const pages = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const file = join(dir, `${name}.html`)
        const { code, notes } = await simulate(...SMALL, '--report', file)
        expect(code).toBe(0)
        expect(notes).toContain(`report: ${file}`)
        return readFile(file, 'utf8')
      }),
    )
    expect(pages[0]).toBe(pages[1])
    for (const words of ['Difference in value', 'Push reach', 'Opt-outs so far', '<svg'])
      expect(pages[0]).toContain(words)
    expect(pages[0]).not.toMatch(/<script|src=|href=/)
  })

  it.each([
    [['--users', '0'], 2, 'users must be a whole number from 1 to'],
    [['--seed', '5-1'], 2, 'seeds must run upwards'],
    [['--seed', 'x'], 2, 'seed must be a whole number'],
    [['--policies', 'sometimes'], 2, 'policy must be one of never'],
    [['--policies', 'a.mjs,b/a.mjs'], 2, 'two policies must not have one name'],
    [['--scenario', 'casino'], 2, 'scenario must be a name of --list'],
    [['--scenario', 'missing.yaml'], 1, 'SCENARIO_UNREADABLE'],
    [['--save', 'mine.txt'], 2, 'must end in .json, .yaml, .yml'],
    [['--policies', 'missing.mjs', '--users', '1', '--days', '1'], 1, 'POLICY_MODULE'],
    [['--users', '1', '--days', '1', '--report', '/nowhere/r.html'], 1, 'REPORT_UNWRITABLE'],
    [['--nope'], 2, 'unknown option'],
  ])('%j ends with %d and says why', async (args, code, words) => {
    const answer = await simulate(...args)
    expect(answer.code).toBe(code)
    expect(answer.notes).toContain(words)
    expect(answer.results).toBe('')
  })
})
