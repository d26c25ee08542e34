import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, HOUR_MS } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, createApp } from '../app.ts'
import { defineConfig } from '../config/define-config.ts'
import { runtimeFrom } from '../config/runtime.ts'

const windowSettings = { type: 'conversion', windowValue: 1, windowUnit: 'days' } as const
const METRICS = [
  {
    ...({ name: 'revenue', metricType: 'mean', targetMDE: 0.05, windowSettings } as const),
    numerator: { column: 'event:Order Completed.revenue' },
  },
]

let app: App
let secret = ''
let now = Date.parse('2026-03-01T00:00:00Z')
const dir = mkdtempSync(join(tmpdir(), 'paloma-bad-data-'))

beforeAll(async () => {
  const clock = new Date(now).toISOString()
  app = await createApp(
    defineConfig({ metrics: METRICS, rules: { quietHours: [], caps: [], gaps: [] } }),
    runtimeFrom({ PALOMA_DATA_DIR: dir, PALOMA_VIRTUAL_CLOCK: clock }),
  )
  secret = (await app.usecases.keys.create('admin', ['admin', 'ingest', 'decide', 'read'])).secret
})
afterAll(async () => {
  await app.close()
  rmSync(dir, { recursive: true, force: true })
})

async function ask(method: 'GET' | 'POST', url: string, payload?: unknown) {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const sent = payload === undefined ? {} : { payload: body }
  const answer = await app.http.inject({ method, url, headers, ...sent })
  return { status: answer.statusCode, answer: answer.json() }
}

const URL = '/v1/experiments'
const designOf = (key: string, over: object = {}) => ({
  key,
  variants: [
    { name: 'control' },
    { name: 'new', change: { messages: { [key]: { kind: 'wordings', names: ['default'] } } } },
  ],
  horizon: { kind: 'users', maxUsers: 1_000 },
  metrics: [{ name: 'revenue', role: 'success' }],
  ...over,
})

const pass = async (ms: number): Promise<void> => {
  now += ms
  expect((await ask('POST', '/v1/clock', { now: new Date(now).toISOString() })).status).toBe(200)
}

/** Lets so many users meet an experiment; answers the variant of each. */
async function meet(key: string, count: number): Promise<ReadonlyMap<string, string>> {
  const users = Array.from({ length: count }, (_, i) => `${key}-${i}`)
  await ask('POST', '/v1/users/batch', { items: users.map((userId) => ({ userId })) })
  const window = { expires: new Date(now + DAY_MS).toISOString() }
  const common = {
    producer: 'p',
    message: key,
    channels: ['in-app'],
    content: { 'in-app': { title: 'Hi', body: 'Hi' } },
  }
  await ask('POST', '/v1/opportunities', {
    items: users.map((userId) => ({ id: `o-${userId}`, userId, window, ...common })),
  })
  const items = users.map((userId) => ({ decisionId: `d-${userId}`, userId }))
  const { answer } = await ask('POST', '/v1/decisions/batch', { items })
  return new Map(
    answer.results.map(
      ({ value }: { readonly value: { readonly userId: string; readonly assignments: readonly object[] } }) => {
        const own = value.assignments as readonly { readonly experiment: string; readonly variant: string }[]
        return [value.userId, own.find(({ experiment }) => experiment === key)!.variant]
      },
    ),
  )
}

type Order = { readonly userId: string; readonly revenue: unknown; readonly messageId?: string; readonly at?: number }

async function order(orders: readonly Order[]): Promise<number> {
  const batch = orders.map(({ userId, revenue, at = now - HOUR_MS, messageId }) => ({
    ...{ type: 'track', userId, event: 'Order Completed', properties: { revenue } },
    ...{ timestamp: new Date(at).toISOString(), messageId: messageId ?? `${userId}-${at}` },
  }))
  return (await ask('POST', '/v1/batch', { batch })).status
}

interface Check {
  readonly name: string
  readonly status: string
  readonly pValue: number | null
  readonly words: string
}

/** Starts an experiment, lets users meet it and do something, and reads it out after its windows have closed. */
async function readOut(
  key: string,
  users: number,
  live: (met: ReadonlyMap<string, string>) => Promise<unknown> = async () => {},
) {
  expect((await ask('POST', URL, designOf(key))).answer.faults).toEqual([])
  expect((await ask('POST', `${URL}/${key}/start`)).status).toBe(200)
  const met = await meet(key, users)
  await pass(2 * HOUR_MS)
  await live(met)
  await pass(3 * DAY_MS)
  const { status, answer } = await ask('GET', `${URL}/${key}/results`)
  expect(status).toBe(200)
  const { decision, quality, comparisons } = answer.readOut
  const checks: readonly Check[] = quality.checks
  return { text: JSON.stringify(answer), verdict: decision.verdict, checks, metric: comparisons[0].metrics[0], met }
}

const by = (met: ReadonlyMap<string, string>, revenue: (variant: string, i: number) => unknown): readonly Order[] =>
  [...met].map(([userId, variant], i) => ({ userId, revenue: revenue(variant, i) }))

describe('results of a server', () => {
  type Seen = Awaited<ReturnType<typeof readOut>>
  const noAnswer =
    (reason: string) =>
    ({ metric }: Seen) => {
      expect(metric.absolute).toMatchObject({ kind: 'undefined', reason })
      expect(metric.test.pValue).toBeNull()
    }
  const check =
    (name: string, status: string, words: RegExp) =>
    ({ checks }: Seen) => {
      const found = checks.find((each) => each.name === name)
      expect(found).toMatchObject({ status, words: expect.stringMatching(words) })
    }
  const someRevenue = (met: ReadonlyMap<string, string>) => order(by(met, (_, i) => 10 + (i % 7)))

  it.each<
    readonly [
      string,
      string,
      number,
      (met: ReadonlyMap<string, string>) => Promise<unknown>,
      string,
      (seen: Seen) => void,
    ]
  >([
    ['zero variance', 'alike', 60, (met) => order(by(met, () => 5)), 'keepRunning', noAnswer('zero-variance')],
    ['nothing that anybody did', 'idle', 60, async () => {}, 'keepRunning', noAnswer('zero-variance')],
    ['n < 2, and an empty arm', 'lonely', 1, someRevenue, 'keepRunning', noAnswer('too-few-units')],
    [
      'a zero baseline',
      'zero',
      60,
      (met) => order(by(met, (variant, i) => (variant === 'new' ? 5 + (i % 3) : 0))),
      'ship',
      ({ metric }) => {
        expect(metric.relative).toMatchObject({ kind: 'undefined', reason: 'zero-baseline' })
        expect(metric.absolute.kind).toBe('estimate')
        expect(metric.notes.join()).toMatch(/the least effect has no base: the control mean is 0/)
      },
    ],
    [
      'users in two arms',
      'joined',
      60,
      async (met) => {
        const ids = [...met.keys()]
        for (let i = 0; i < 30; i += 1) {
          await ask('POST', '/v1/alias', { previousId: ids[i], userId: ids[59 - i], messageId: `alias-${i}` })
        }
      },
      'invalid',
      check('users in several variants', 'failed', /of 30 users/),
    ],
    [
      'exposure before assignment',
      'at-once',
      60,
      someRevenue,
      'keepRunning',
      // A decision assigns and exposes in one moment.
      check('clocks agree', 'passed', /^0 of 60 users exposed before they were assigned/),
    ],
    [
      'clock skew: events of tomorrow',
      'fast',
      60,
      (met) => order(by(met, (_, i) => 10 + (i % 7)).map((each) => ({ ...each, at: now + 40 * DAY_MS }))),
      'keepRunning',
      // They happened when they were received, at the latest.
      ({ metric }) => expect(metric.control.mean).toBeGreaterThan(9),
    ],
    [
      'a missing pre-period',
      'new-here',
      60,
      someRevenue,
      'keepRunning',
      (seen) => {
        check('no difference before exposure', 'moot', /nothing is known from before exposure/)(seen)
        expect(seen.metric.notes).toContain('not adjusted: nothing is known from before exposure')
      },
    ],
    [
      'duplicated rows',
      'twice',
      60,
      async (met) => {
        await someRevenue(met)
        await someRevenue(met)
      },
      'keepRunning',
      ({ metric }) => expect(metric.treatment.mean).toBeLessThan(17),
    ],
    [
      'NaN',
      'nan',
      60,
      (met) => order(by(met, (_, i) => (i < 5 ? 'NaN' : 10 + (i % 7)))),
      'keepRunning',
      ({ metric }) => expect(metric.control.users + metric.treatment.users).toBe(60),
    ],
  ])('with %s are a value or a reason', async (_, key, users, live, verdict, see) => {
    const seen = await readOut(key, users, live)
    see(seen)
    expect(seen.verdict).toBe(verdict)
    expect(seen.text).not.toMatch(/NaN|Infinity/)
    for (const { status, pValue } of seen.checks) if (status === 'moot') expect(pValue).toBeNull()
  })

  it('of an order worth more than numbers reach are not there: the event is refused or counts as none', async () => {
    const seen = await readOut('boundless', 60, async (met) => {
      await someRevenue(met)
      const body = `{"batch":[{"type":"track","userId":"boundless-1","messageId":"inf","event":"Order Completed","properties":{"revenue":1e999}}]}`
      expect((await ask('POST', '/v1/batch', body)).status).toBeLessThan(500)
    })
    expect(seen.metric.control.mean + seen.metric.treatment.mean).toBeLessThan(40)
  })
})

describe('experiments of a server', () => {
  it.each([
    [
      'weights that do not sum',
      { weights: { control: 400_000, new: 500_000 } },
      '/weights',
      /sum to 1000000, got 900000/,
    ],
    ['a metric that does not exist', { metrics: [{ name: 'joy', role: 'success' }] }, '/metrics', /got "joy"/],
    ['a weight that is NaN', { weights: { control: Number.NaN, new: 500_000 } }, '/weights/control', /expected/],
  ])('with %s say so, and do not start', async (name, over, pointer, says) => {
    const key = name.replaceAll(' ', '-')
    const created = await ask('POST', URL, designOf(key, over))
    const started = created.status === 400 ? created : await ask('POST', `${URL}/${key}/start`)
    expect([400, 422]).toContain(started.status)
    expect(started.answer.errors[0].pointer).toBe(pointer)
    expect(started.answer.detail).toMatch(says)
    if (created.status !== 400) expect(created.answer.faults[0]).toMatchObject({ pointer })
  })

  it('that would share users with an exclusive one are refused, with its name', async () => {
    const everything = { variants: [{ name: 'control' }, { name: 'new', change: { weights: { conversion: 2 } } }] }
    await ask('POST', URL, designOf('alone', { ...everything, isExclusive: true, groups: ['random'] }))
    expect((await ask('POST', `${URL}/alone/start`)).status).toBe(200)
    await ask('POST', URL, designOf('another', { groups: ['random'] }))
    const { status, answer } = await ask('POST', `${URL}/another/start`)
    expect([status, answer.code]).toEqual([409, 'EXPERIMENT_CONFLICT'])
    expect(answer.detail).toMatch(/another cannot run beside alone: .*exclusive/)
  })

  it('whose arm was emptied before anybody came have no results, and say why', async () => {
    await ask('POST', URL, designOf('empty', { weights: { control: 1_000_000, new: 0 } }))
    expect((await ask('POST', `${URL}/empty/start`)).status).toBe(200)
    const { status, answer } = await ask('GET', `${URL}/empty/results`)
    expect([status, answer.code]).toEqual([409, 'EXPERIMENT_UNREADABLE'])
    expect(answer.detail).toMatch(/its control control and another variant need users, got control/)
  })

  it('that nobody met yet, or that there is not, are no fault of the server', async () => {
    await ask('POST', URL, designOf('quiet'))
    expect((await ask('GET', `${URL}/quiet/results`)).answer.code).toBe('EXPERIMENT_UNREADABLE')
    await ask('POST', `${URL}/quiet/start`)
    expect((await ask('GET', `${URL}/quiet/results`)).answer).toMatchObject({ status: 409, code: 'NOBODY_EXPOSED' })
    expect((await ask('GET', `${URL}/none/results`)).answer).toMatchObject({
      status: 404,
      code: 'EXPERIMENT_NOT_FOUND',
    })
  })
})
