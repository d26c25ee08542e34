import type { WireExplainedAction, WireExplanation } from '@paloma/sdk'
import { describe, expect, it } from 'vitest'
import { type FakePast, fakeConnection } from '../connection/testing/fake-connection.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { explainCommand } from './explain-command.ts'
import { replayCommand } from './replay-command.ts'

async function run(make: typeof explainCommand, args: readonly string[], past: FakePast = {}) {
  const output = memoryOutput()
  const code = await runCommand(make(fakeConnection(past).connect, output), args, output)
  return { code, results: output.results(), notes: output.notes() }
}

const value = (amount: number) => ({ value: amount, sd: 0.1, weighted: amount, unit: 'EUR' })

function send(message: string, over: Partial<WireExplainedAction> = {}): WireExplainedAction {
  return {
    action: `${message}/default/email`,
    opportunityId: `o-${message}`,
    message,
    variant: 'default',
    channel: 'email',
    sendAt: '2026-01-15T12:00:00.000Z',
    probability: 0.62,
    withoutExploration: 1,
    score: 0.125,
    scoreSd: 0.05,
    price: 0.005,
    values: { conversion: value(0.2), reachability: value(-0.004) },
    refusals: [],
    ...over,
  }
}

const HOLD: WireExplainedAction = {
  ...send('x'),
  action: 'hold',
  opportunityId: null,
  message: null,
  sendAt: null,
  probability: 0.02,
  withoutExploration: 0,
  score: 0,
}
const LONG = 'a-message-family-with-a-name-that-goes-on-and-on-and-on-and-on'

const EXPLANATION: WireExplanation = {
  decisionId: 'd1',
  userId: 'ann',
  at: '2026-01-15T12:00:00.000Z',
  reason: 'policy',
  reasonWords: 'the policy’s choice',
  summary: ['price-drop/default/email was chosen with a probability of 62.0 % (policy).'],
  chosen: send('price-drop'),
  factors: [{ step: 'send', probability: 0.62 }],
  actions: [
    ...Array.from({ length: 20 }, (_, i) => send(LONG, { sendAt: `2026-01-${16 + (i % 10)}T0${i % 10}:00:00.000Z` })),
    send('price-drop'),
    HOLD,
    send('digest', { refusals: [{ reason: 'capped', words: 'the cap on messages is reached', rule: 'one-a-day' }] }),
  ],
  contributions: [{ feature: 'channel=email', objective: 'conversion', contribution: 0.04 }],
  policy: 'paloma/thompson',
  snapshotVersion: 'abc',
  stateId: 41,
}

describe('paloma explain', () => {
  it('tells why in words and tables no wider than 100 columns', async () => {
    const { code, results } = await run(explainCommand, ['d1'], { explanations: [EXPLANATION] })
    expect(code).toBe(0)
    expect(results).toContain('was chosen with a probability of 62.0 %')
    expect(Math.max(...results.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  it('shows the chosen action even where many are better, and says how many are left out', async () => {
    const { results } = await run(explainCommand, ['d1'], { explanations: [EXPLANATION] })
    expect(results).toMatch(/> price-drop\/default\/email +2026-01-15 12:00 +62 % +0.125 +± 0.05 +0.005/)
    expect(results).toContain('… and 9 more')
  })

  it('shows each objective with its unit, each message once', async () => {
    const { results } = await run(explainCommand, ['d1'], { explanations: [EXPLANATION] })
    const table = results.slice(results.indexOf('Expected beyond holding')).split('\n\n')[0]!
    expect(table).toMatch(/conversion +reachability\n +in +EUR/)
    expect(table).toMatch(/> price-drop\/default\/email +2026-01-15 12:00 +\+0.2 +-0.004/)
    expect(table.split('\n')).toHaveLength(5)
  })

  it('names the rule that refused', async () => {
    const { results } = await run(explainCommand, ['d1'], { explanations: [EXPLANATION] })
    expect(results).toMatch(/digest\/default\/email +2026-01-15 12:00 +the cap on messages is reached \(one-a-day\)/)
  })

  it('prints all of it as one JSON document', async () => {
    const { results, notes } = await run(explainCommand, ['d1', '--json'], { explanations: [EXPLANATION] })
    expect(JSON.parse(results)).toEqual(EXPLANATION)
    expect(notes).toBe('')
  })

  it.each([
    [['d2'], 1, 'error DECISION_NOT_FOUND: the fake has no decision "d2"'],
    [[''], 2, 'the id of a decision has 1 to 256 characters, got 0'],
    [[], 2, "missing required argument 'decision'"],
  ])('answers %j with code %d', async (args, expected, message) => {
    const { code, notes } = await run(explainCommand, args)
    expect(code).toBe(expected)
    expect(notes).toContain(message)
  })
})

describe('paloma replay', () => {
  const same = { decisionId: 'd1', identical: true, differences: [] }
  const other = {
    decisionId: 'd2',
    identical: false,
    differences: [{ pointer: '/scores/1', logged: 0.5, replayed: 0.25 }],
  }

  it('says of one decision that it comes out the same', async () => {
    const { code, results } = await run(replayCommand, ['d1'], { replays: [same] })
    expect({ code, results }).toEqual({ code: 0, results: 'Decision d1 comes out the same.\n' })
  })

  it('fails for a decision that differs, and shows where', async () => {
    const { code, results, notes } = await run(replayCommand, ['d2'], { replays: [other] })
    expect(code).toBe(1)
    expect(results).toMatch(/\/scores\/1 +0.5 +0.25/)
    expect(notes).toContain('error REPLAY_DIFFERS: decision d2 differs in 1 place\n')
  })

  it('replays all, and fails if any differs, with the JSON still whole', async () => {
    const { code, results } = await run(replayCommand, ['--json'], { replays: [same, other] })
    expect(code).toBe(1)
    expect(JSON.parse(results)).toEqual({ checked: 2, identical: 1, failures: [other], draws: [] })
  })

  it('says that all come out the same', async () => {
    const { code, results } = await run(replayCommand, ['--day', '2026-01-31'], { replays: [same] })
    expect({ code, results }).toEqual({
      code: 0,
      results: '1 decision of 2026-01-31 replayed: all come out the same.\n',
    })
  })

  it('says by policy whether choices fell as often as their probabilities', async () => {
    const even = { statistic: 20.1, dof: 19, pValue: 0.39 }
    const inverse = { mean: 20.8, expected: 20.4, pValue: 0.0002 }
    const off = { policy: 'paloma/thompson', choices: 52_000, impossible: 0, inverse, uniform: even, isSuspect: true }
    const few = { ...off, policy: 'random/random', choices: 3, inverse: { ...inverse, pValue: null }, uniform: null }
    const draws = [off, { ...few, isSuspect: false }]
    const { code, results } = await run(replayCommand, [], { replays: [same], draws })
    expect(code).toBe(0)
    expect(results).toMatch(/paloma\/thompson +52,000 +20.4 +20.8 +< .001 +0.39 +not by chance\n/)
    expect(results).toMatch(/random\/random +3 +20.4 +20.8 +too few +too few *\n/)
  })

  it.each(['2026-02-30', 'yesterday', '2026-1-1', '20260101', '9999-99-99'])('refuses the day %s', async (day) => {
    const { code, notes } = await run(replayCommand, ['--day', day])
    expect(code).toBe(2)
    expect(notes).toContain(`--day must be a day such as 2026-01-31, got "${day}"`)
  })

  it('refuses a decision together with a day', async () => {
    expect((await run(replayCommand, ['d1', '--day', '2026-01-31'])).code).toBe(2)
  })
})
