import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOut } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { createHttp } from '../../http/create-http.ts'
import { fakeUsecases } from '../../http/testing/fake-usecases.ts'
import { testConfig } from '../../http/testing/http-harness.ts'
import { loadSpec, summariseFiles } from '../../readout/index.ts'
import type { ExperimentResults } from '../../usecases/contract.ts'
import { httpConnection } from '../connection/index.ts'
import { memoryOutput, runCommand } from '../print/index.ts'
import { experimentCommand } from './experiment-command.ts'
import { shareOf, weightsOf } from './share-flags.ts'
import { NOW } from './testing/no-server.ts'

const DESIGN = `
key: gentle
hypothesis: fewer sends keep more people
variants:
  - name: control
  - name: gentle
    change: { weights: { reachability: 2 } }
`

const PLAN = `gentle: no plan. It needs:
  /metrics/0: metric "revenue" expects at least 100 users whose window of 7 days has closed, got 12

  the past of  role     users  mean  deviation  explained
  revenue      success     12  3.25        1.5       13 %

Estimated from 40 users that it would have exposed in 20 whole days, 2025-12-26 to 2026-01-15, in the store.
80 % of the users in its groups and targeting would have been exposed.
It would get 1 new users a day, 50 % of them all.
`

const folder = mkdtempSync(join(tmpdir(), 'paloma-live-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What the log of the example's shop would say. */
async function exampleResults(): Promise<ExperimentResults> {
  const example = fileURLToPath(new URL('../../../../../examples/experiment/', import.meta.url))
  const spec = await loadSpec(`${example}experiment.yaml`)
  const files = { assignments: `${example}assignments.csv`, metrics: `${example}events.csv` }
  const summary = await summariseFiles(spec, files, { memoryMb: 256, threads: 1 })
  return { readOut: readOut(summary, spec.readOut), until: NOW, leftOut: { moved: 3, outside: 0 } }
}

/** The real command over the real HTTP API, without a network. */
function scene(results?: ExperimentResults) {
  const fake = fakeUsecases()
  const experiments = { ...fake.usecases.experiments, results: async () => results }
  const app = createHttp({ usecases: { ...fake.usecases, experiments }, config: testConfig })
  const over: typeof fetch = async (url, init) => {
    const { method, headers, body } = init ?? {}
    const answer = await app.inject({
      method: method as 'GET',
      url: String(url).replace('http://here', ''),
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { payload: String(body) }),
    })
    return new Response(answer.body, {
      status: answer.statusCode,
      headers: { 'content-type': String(answer.headers['content-type']) },
    })
  }
  const connect = async () => httpConnection({ url: 'http://here', key: fake.secrets.admin, fetch: over })
  const file = join(folder, 'design.yaml')
  writeFileSync(file, DESIGN)
  return {
    file,
    async run(...args: readonly string[]) {
      const output = memoryOutput()
      const code = await runCommand(
        experimentCommand(output, connect, () => NOW),
        args,
        output,
      )
      return { code, results: output.results(), notes: output.notes() }
    },
  }
}

describe('paloma experiment', () => {
  it('creates, starts, ramps, shows and stops an experiment of a server', async () => {
    const { run, file } = scene()
    expect((await run('list')).results).toBe('There is no experiment.\n')
    expect(await run('create', file)).toMatchObject({
      code: 0,
      results: 'gentle is a draft (revision 1).\nStart it with: paloma experiment start gentle\n',
    })
    expect((await run('start', 'gentle')).results).toBe(
      'gentle is running: phase 0 since 2026-01-15T12:00:00.000Z, traffic 100 %, control 50 %, gentle 50 %.\n',
    )
    const ramped = await run('ramp', 'gentle', '--traffic', '25%', '--weights', 'control=20%,gentle=80%')
    expect(ramped.results).toContain('phase 1 since 2026-01-15T12:00:00.000Z, traffic 25 %, control 20 %, gentle 80 %')
    const { results } = await run('show', 'gentle')
    expect(results).toContain('Hypothesis: fewer sends keep more people')
    expect(results).toContain('Nobody was exposed yet.')
    expect(results).toMatch(/2026-01-15T12:00:00.000Z +admin +ramp/)
    const stopped = await run('stop', 'gentle', '--decision', 'ship', '--reason', 'kept more')
    expect(stopped.results).toBe('gentle is stopped since 2026-01-15T12:00:00.000Z: ship (kept more).\n')
    expect((await run('list')).results).toMatch(/gentle +stopped +control, gentle +2026-01-15 +ship/)
  })

  it('prints one JSON object', async () => {
    const { run, file } = scene()
    expect(JSON.parse((await run('create', file, '--json')).results)).toMatchObject({ status: 'draft', faults: [] })
    expect(JSON.parse((await run('show', 'gentle', '--json')).results)).toMatchObject({
      experiment: { changes: [{ action: 'create', actor: 'admin' }] },
      exposures: { users: 0 },
    })
    expect(JSON.parse((await run('list', '--json')).results).experiments).toHaveLength(1)
  })

  it('plans a draft from the log, and says what a metric lacks', async () => {
    const { run, file } = scene()
    await run('create', file)
    const { code, results, notes } = await run('plan', 'gentle', '--days', '20')
    expect(code).toBe(1)
    expect(results).toBe(PLAN)
    expect(notes).toContain('PLAN_INCOMPLETE: /metrics/0: metric "revenue" expects at least 100 users')
    const json = JSON.parse((await run('plan', 'gentle', '--from', 'history', '--json')).results)
    expect(json).toMatchObject({ plan: null, basis: { from: 'history', days: 28, until: '2026-01-15T12:00:00.000Z' } })
  })

  it.each([
    [['plan'], 2, 'plan needs the name of an experiment or --spec FILE'],
    [['plan', 'x', '--days', '0'], 2, 'expected a whole number of days from 1 to 365'],
    [['plan', 'x'], 1, 'EXPERIMENT_NOT_FOUND'],
    [['start', 'nothing'], 1, 'EXPERIMENT_NOT_FOUND: there is no experiment "nothing"'],
    [['create', 'none.yaml'], 1, 'SPEC_NOT_FOUND'],
    [['ramp', 'x'], 2, 'needs --traffic or --weights'],
    [['ramp', 'x', '--traffic', 'much'], 2, 'expected a share such as 25%'],
    [['ramp', 'x', '--weights', '5'], 2, 'expected weights such as'],
    [['stop', 'x'], 2, "'--decision <decision>' not specified"],
    [['stop', 'x', '--decision', 'maybe'], 2, 'Allowed choices are ship'],
  ])('answers %j with %i and says why', async (args, code, says) => {
    const answer = await scene().run(...args)
    expect({ ...answer, notes: '' }).toEqual({ code, results: '', notes: '' })
    expect(answer.notes).toContain(says)
  })

  it('says what the log says, as text, as JSON and as a page, and refuses a page that cannot be written first', async () => {
    const { run } = scene(await exampleResults())
    const file = join(folder, 'results.html')
    const { code, results } = await run('results', 'gentle', '--report', file)
    expect(code).toBe(0)
    expect(results).toMatch(/3 users whom a change of weights moved are left out\.\n$/)
    const sentence = results.match(/^(Ship|Do not ship|Keep running|Stop|Invalid)[^\n]*/m)![0]
    expect(readFileSync(file, 'utf8')).toContain(`<strong>${sentence}</strong>`)
    expect(JSON.parse((await run('results', 'gentle', '--json')).results)).toMatchObject({ leftOut: { moved: 3 } })
    const nowhere = join(folder, 'none', 'results.html')
    const refused = await run('results', 'gentle', '--report', nowhere)
    expect(refused).toMatchObject({ code: 1, results: '' })
    expect(refused.notes).toContain(`REPORT_UNWRITABLE: ${nowhere}: cannot be written (ENOENT)`)
    expect(existsSync(nowhere)).toBe(false)
  })

  it('says where a design is wrong', async () => {
    const { run } = scene()
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, DESIGN.replace('reachability: 2', 'reachability: much'))
    const { code, notes } = await run('create', file)
    expect(code).toBe(1)
    expect(notes).toMatch(/BODY_INVALID: body \/variants\/1\/change\/weights\/reachability: .*"much"/)
  })
})

describe('shares of flags', () => {
  it.each([
    ['25%', 250_000],
    ['0.0001%', 1],
    ['33.3333%', 333_333],
    ['250000', 250_000],
    ['0', 0],
  ])('reads %s as %i millionths', (text, share) => {
    expect(shareOf(text)).toBe(share)
  })

  it.each(['101%', '1000001', '-1', '0.5', ''])('refuses "%s"', (text) => {
    expect(() => shareOf(text)).toThrow(RangeError)
  })

  it('reads names that hold an equals sign', () => {
    expect(weightsOf('a=b=20%, c=80%')).toEqual({ 'a=b': 200_000, c: 800_000 })
  })
})
