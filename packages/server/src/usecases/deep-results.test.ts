import { DAY_MS, decisionId, type ExperimentDesign, HOUR_MS, opportunityId, randomFrom, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { exampleOpportunity, exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import { oneAtATime } from './deep-results.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const REVENUE = {
  name: 'revenue',
  metricType: 'mean',
  numerator: { column: 'event:Order Completed.revenue' },
  windowSettings: { type: 'conversion', windowValue: 2, windowUnit: 'days' },
} as const

const design = (key: string, over: object = {}): ExperimentDesign =>
  experimentDesignSchema.parse({
    key,
    variants: [
      { name: 'control' },
      { name: 'warm', change: { messages: { 'price-drop': { kind: 'wordings', names: ['default'] } } } },
    ],
    horizon: { kind: 'users', maxUsers: 400 },
    metrics: [{ name: 'revenue', role: 'success' }],
    ...over,
  })

const COUNT = 300

/** Users half of whom bought before; with the new variant those alone buy more. */
async function live(lab: UsecaseLab, prefix: string, at: number): Promise<void> {
  const names = Array.from({ length: COUNT }, (_, i) => `${prefix}-${i}`)
  const random = randomFrom(prefix)
  await lab.store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
  const window = { notBefore: at, expires: at + DAY_MS }
  await lab.store.opportunities.insertMany(
    names.map((id) => exampleOpportunity(`o-${id}`, id, { id: opportunityId(`o-${id}`), window })),
    at,
  )
  const results = await lab.usecases.decisions.decide(
    names.map((id) => ({ decisionId: decisionId(`d-${id}`), userId: userId(id), context: {}, deliver: false })),
  )
  const orders = results.flatMap((result, i) => {
    if (!result.ok) throw new Error(result.error.detail)
    const { userId: user, assignments } = result.value.decision
    const isWarm = assignments.some(({ variant }) => variant === 'warm')
    const isRegular = i % 2 === 0
    const bought = (id: string, hours: number, revenue: number) =>
      exampleOutcome(`${id}-${user}`, user, {
        name: 'Order Completed',
        at: at + hours * HOUR_MS,
        properties: { revenue },
      })
    return [
      ...(isRegular ? [bought('before', -30, 20 + 5 * random())] : []),
      bought('after', 5, 10 * random() + (isWarm && isRegular ? 6 : 0)),
    ]
  })
  await lab.store.outcomes.insertMany(orders)
}

describe('what may be asked of results beside the decision', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())
  const use = () => lab.usecases.experiments
  const begin = async (over: object = {}) => {
    lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    await use().create(design('tone', over), 'ann')
    await use().start('tone', 'ann')
  }

  it('tells whom a treatment moves by what users did before, only where that is asked', async () => {
    await begin()
    await live(lab, 'u', NOON)
    lab.clock.set(lab.clock.now() + 3 * DAY_MS)
    const plain = await use().results('tone')
    expect(plain?.readOut.exploration.heterogeneity).toEqual([])
    const deep = await use().results('tone', 'live', { heterogeneity: true })
    const [found] = deep?.readOut.exploration.heterogeneity ?? []
    expect(found).toMatchObject({ metric: 'revenue', treatment: 'warm', reason: null })
    expect(found?.heterogeneity).toMatchObject({ kind: 'estimate' })
    expect(found?.pValue).toBeLessThan(0.01)
    // All that decides is the same.
    expect(deep?.readOut.decision).toEqual(plain?.readOut.decision)
    expect(deep?.readOut.comparisons).toEqual(plain?.readOut.comparisons)
  })

  it('is refused for slots of time, which are not users', async () => {
    await begin({ unit: { kind: 'switchback', slotMinutes: 60, washoutMinutes: 0 } })
    await expect(use().results('tone', 'live', { heterogeneity: true })).rejects.toMatchObject({
      code: 'EXPERIMENT_UNREADABLE',
    })
    expect(await use().results('nothing', 'live', { heterogeneity: true })).toBeUndefined()
  })

  it('learns a prior from experiments that are over, and names those that cannot be read', async () => {
    await begin()
    await live(lab, 'u', NOON)
    lab.clock.set(lab.clock.now() + 3 * DAY_MS)
    await use().stop('tone', { decision: 'doNotShip', reason: '' }, 'ann')
    await use().create(design('nobody'), 'ann')
    await use().start('nobody', 'ann')
    await use().stop('nobody', { decision: 'inconclusive', reason: '' }, 'ann')
    await use().create(design('broken'), 'ann')
    await use().start('broken', 'ann')
    await use().stop('broken', { decision: 'invalid', reason: '' }, 'ann')
    await use().create(design('next'), 'ann')
    await use().start('next', 'ann')
    await live(lab, 'v', lab.clock.now())
    lab.clock.set(lab.clock.now() + 3 * DAY_MS)
    const found = await use().results('next', 'live', { pastEffects: true })
    expect(found?.past).toEqual({ experiments: ['tone'], unreadable: ['nobody'] })
    const [bayesian] = found?.readOut.exploration.bayesian ?? []
    // One effect tells no prior.
    expect(bayesian).toMatchObject({ priorFrom: { kind: 'default', effects: 1, reason: 'too-few-units' } })
    expect((await use().results('next'))?.past).toBeUndefined()
  })
})

describe('long questions', () => {
  it('are answered one after the other, the same one once, and not without bound', async () => {
    const inTurn = oneAtATime<string>()
    const log: string[] = []
    const gates: (() => void)[] = []
    const ask = (name: string) => async () => {
      log.push(`begins ${name}`)
      await new Promise<void>((resolve) => gates.push(resolve))
      return name
    }
    const first = inTurn('a', ask('a'))
    expect(inTurn('a', ask('a'))).toBe(first)
    const second = inTurn('b', ask('b'))
    const more = Array.from({ length: 6 }, (_, i) => inTurn(`c${i}`, async () => 'c'))
    await expect(inTurn('d', ask('d'))).rejects.toMatchObject({ code: 'RESULTS_BUSY' })
    await Promise.resolve()
    expect(log).toEqual(['begins a'])
    gates[0]?.()
    expect(await first).toBe('a')
    await new Promise(setImmediate)
    expect(log).toEqual(['begins a', 'begins b'])
    gates[1]?.()
    expect(await second).toBe('b')
    expect(await Promise.all(more)).toHaveLength(6)
  })

  it('that fail do not stop those behind them', async () => {
    const inTurn = oneAtATime<string>()
    const failing = inTurn('a', () => Promise.reject(new Error('no')))
    const next = inTurn('b', async () => 'b')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('b')
  })
})
