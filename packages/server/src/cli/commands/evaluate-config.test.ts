import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core'
import type { EvaluationInput, WireCandidateEvaluation } from '@paloma/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { candidateConfigOf, candidatePartOf } from '../../config/candidate-config.ts'
import { wireCandidateEvaluation } from '../../http/wire/evaluation-to-wire.ts'
import type { CandidateEvaluation } from '../../usecases/contract.ts'
import { evaluateCandidate, evaluationWords } from '../../usecases/index.ts'
import { decidedShop, SHOP } from '../../usecases/testing/decided-shop.ts'
import type { UsecaseLab } from '../../usecases/testing/usecase-lab.ts'
import { fakeConnection } from '../connection/testing/fake-connection.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { evaluateCommand } from './evaluate.ts'

const PEOPLE = 320
const DAYS = 5
const FILES = {
  unchanged: {},
  email: {
    groups: { ...SHOP.groups, paloma: { share: 1_000_000, policy: { kind: 'greedy', floor: 0 } } },
    prices: { 'channel:push': 1e6 },
  },
  later: { rules: { ...SHOP.rules, slots: { localHours: [13], horizonHours: 24 } } },
  invalid: { prices: { 'channel:push': -1 } },
  orders: { objectives: [{ ...SHOP.objectives![0], name: 'orders' }] },
}

describe('paloma evaluate --config', () => {
  let dir = ''
  let lab: UsecaseLab
  let asked: EvaluationInput | undefined
  let found: CandidateEvaluation | undefined
  const at = (name: string): string => join(dir, name)
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'paloma-evaluate-config-'))
    lab = await decidedShop({ people: PEOPLE, days: DAYS })
    for (const [name, config] of Object.entries(FILES)) {
      await writeFile(at(`${name}.json`), JSON.stringify({ ...SHOP, ...config }))
    }
  })
  afterAll(async () => {
    await lab.close()
    await rm(dir, { recursive: true, force: true })
  })

  /** As a server does it, on the shop's log. */
  const evaluations = {
    async run(input: EvaluationInput, { onProgress }: { readonly onProgress: (text: string) => void }) {
      asked = input
      const { config, from, until, state = 'logged', source = 'live', maxDecisions = 1e5, tolerate } = input
      const request = {
        ...{ config: candidateConfigOf(config, candidatePartOf(lab.deps.config)), state, source, maxDecisions },
        ...(typeof from === 'number' ? { from } : {}),
        ...(typeof until === 'number' ? { until } : {}),
        ...(tolerate === undefined ? {} : { tolerate: tolerate as { readonly sends?: number } }),
      }
      onProgress('read 1 decisions')
      found = await evaluateCandidate(lab.deps, request)
      return JSON.parse(JSON.stringify(wireCandidateEvaluation(found))) as WireCandidateEvaluation
    },
  }
  async function evaluate(...args: readonly string[]) {
    const output = memoryOutput()
    const code = await runCommand(evaluateCommand(fakeConnection({ evaluations }).connect, output), args, output)
    return { code, results: output.results(), notes: output.notes() }
  }

  it('tells verdict, values, sends, overlap and what it leaves out, in lines that fit', async () => {
    const { code, results } = await evaluate('--config', at('email.json'))
    expect(code).toBe(0)
    for (const words of [
      'email.json on the decisions from',
      '1,600 of 1,600 decisions, on 320 users, with what was known at each decision',
      'Better: by the weights that hold today',
      'Worth a guarded experiment',
      'visits (visits)',
      'channels lost',
      'Expected sends per user over these decisions',
      'unweighted decisions',
      'What this leaves out',
      'tiredness',
    ]) {
      expect(results).toContain(words)
    }
    expect(results).toMatch(/email +\d\.\d+ +5\.000 +\+\d/)
    expect(results).not.toMatch(/NaN|undefined|\[object|Give these actions/)
    const text = results.replace(/^.* on the decisions from .*$/m, '')
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  it('does not tell a value where the log cannot, but what needs probability and what stood against it', async () => {
    const { code, results } = await evaluate('--config', at('later.json'))
    expect(code).toBe(0)
    for (const words of [
      'Insufficient overlap: the log cannot tell',
      'Give these actions probability before you decide by the log',
      'not told',
      'email price-drop, later',
      'What it would do and the log could not',
      'no candidate then, such as a moment that was not offered',
      'email, planned for later',
    ]) {
      expect(results).toContain(words)
    }
  })

  it('says where nothing changes', async () => {
    const { results } = await evaluate('--config', at('unchanged.json'))
    expect(results).toContain('Unchanged: this configuration decides every one of these decisions as it was decided.')
  })

  it('asks for the days, the state and what is tolerated, and sends no secret along', async () => {
    const days = ['--from', '2026-03-10', '--to', '2026-03-12', '--guardrail', 'sends=10%', '--guardrail', 'losses=5%']
    const { code, results } = await evaluate('--config', at('email.json'), ...days)
    expect(code).toBe(0)
    expect(asked).toMatchObject({
      ...{ state: 'logged', source: 'live', from: Date.parse('2026-03-10'), until: Date.parse('2026-03-13') },
      tolerate: { sends: 0.1, channelsLost: 0.05 },
    })
    expect(Object.keys(asked?.config as object)).not.toContain('adapters')
    expect(results).toContain('960 of 960 decisions')
    for (const words of ['at least 500 are asked', 'Ask again with at least']) expect(results).toContain(words)
    expect(results).not.toContain('Give these actions probability')
    const whole = await evaluate('--config', at('email.json'), '--guardrail', 'sends=10%')
    expect(whole.results).toContain('sends gets worse than you tolerate')
    await evaluate('--config', at('email.json'), '--state', '0', '--history', '--max-decisions', '100')
    expect(asked).toMatchObject({ state: 0, source: 'history', maxDecisions: 100 })
  })

  it('asks for another stretch where a check failed that more decisions do not mend', async () => {
    await evaluate('--config', at('later.json'))
    const { policy } = found!
    const nextStep = (exploration: NonNullable<typeof policy.exploration>) =>
      evaluationWords({ ...found!, policy: { ...policy, exploration } }).nextStep
    const exploration = { ...policy.exploration!, targetShare: 0, decisions: policy.decisions }
    expect(nextStep(exploration)).toContain('Judge another stretch')
    const few = { ...exploration, decisions: policy.decisions + 1 }
    expect(nextStep(few)).toContain('Ask again with at least 1,601')
  })

  it('answers JSON, and a page that needs nothing else', async () => {
    const { results } = await evaluate('--config', at('email.json'), '--json', '--report', at('page.html'))
    expect(JSON.parse(results)).toMatchObject({ isUnchanged: false, decisions: { evaluated: PEOPLE * DAYS } })
    const html = await readFile(at('page.html'), 'utf8')
    expect(html).not.toMatch(/<script|src=|href="http|@import|url\(|NaN|undefined/)
    for (const words of ['visits: difference per decision', 'What this leaves out', 'Better:', 'What must hold']) {
      expect(html).toContain(words)
    }
    expect(html).toMatch(/Decisions that say nothing<\/h2>\s*<p>None\.<\/p>/)
    await evaluate('--config', at('later.json'), '--report', at('later.html'))
    expect(await readFile(at('later.html'), 'utf8')).toContain('Give these actions probability')
  })

  it('fails by --gate unless it is better', async () => {
    expect((await evaluate('--config', at('email.json'), '--gate')).code).toBe(0)
    const { code, results, notes } = await evaluate('--config', at('later.json'), '--gate')
    expect(code).toBe(1)
    expect(results).toContain('Insufficient overlap')
    expect(notes).toContain('NOT_BETTER')
  })

  it.each([
    [['--config', 'invalid'], 1, '/prices/channel:push'],
    [['--config', 'nowhere'], 1, 'CONFIG_NOT_FOUND'],
    [['--config', 'orders'], 1, '/objectives must name the objectives of the log'],
    [['--config', 'email', '--from', '2025-01-01', '--to', '2025-01-31'], 1, 'nothing was decided'],
    [['--config', 'email', '--from', '2026-02-30'], 2, 'expected a day'],
    [['--config', 'email', '--state', 'old'], 2, 'expected logged, newest'],
    [['--config', 'email', '--max-decisions', '0'], 2, 'from 1 to 200000'],
    [['--config', 'email', '--guardrail', 'sends=1'], 2, 'must be sends=N% or losses=N%'],
    [['--config', 'email', '--guardrail', 'visits=1%'], 2, 'got visits=0.01'],
    [['--config', 'email', '--target', 'uniform'], 2, '--target goes with a table'],
    [['--config', 'email', 'log.csv'], 2, 'not both'],
    [['log.csv', '--mapping', 'm', '--target', 'uniform', '--from', '2026-01-01'], 2, '--from goes with --config'],
    [['log.csv', '--target', 'uniform'], 2, 'a table needs --mapping'],
    [[], 2, 'give a table of past decisions, or --config'],
    [['--config', 'email', '--report', '/nowhere/x.html'], 1, 'REPORT_UNWRITABLE'],
  ] as const)('refuses %j', async (args, code, said) => {
    const named = args.map((arg) => (arg in FILES || arg === 'nowhere' ? at(`${arg}.json`) : arg))
    const found = await evaluate(...named)
    expect(found.notes).toContain(said)
    expect(found.code).toBe(code)
  })

  it('passes on what the server says', async () => {
    const failing = { run: () => Promise.reject(new PalomaError('EVALUATION_BUSY', 'evaluation e0 is running')) }
    const output = memoryOutput()
    const command = evaluateCommand(fakeConnection({ evaluations: failing }).connect, output)
    expect(await runCommand(command, ['--config', at('email.json')], output)).toBe(1)
    expect(output.notes()).toContain('evaluation e0 is running')
  })
})
