import {
  DAY_MS,
  decisionId,
  type ExperimentDesign,
  HOUR_MS,
  opportunityId,
  randomFrom,
  type UserProfile,
  userId,
} from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { exampleOpportunity, exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import { scriptedChannel, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const REVENUE = {
  name: 'revenue',
  metricType: 'mean',
  numerator: { column: 'event:Order Completed.revenue' },
  windowSettings: { type: 'conversion', windowValue: 2, windowUnit: 'days' },
} as const

const design = (over: object): ExperimentDesign =>
  experimentDesignSchema.parse({
    key: 'tone',
    variants: [
      { name: 'control' },
      { name: 'warm', change: { messages: { 'price-drop': { kind: 'wordings', names: ['default'] } } } },
    ],
    horizon: { kind: 'users', maxUsers: 400 },
    metrics: [
      { name: 'revenue', role: 'success' },
      { name: 'reachability', role: 'guardrail', nonInferiorityMargin: 0.5 },
    ],
    ...over,
  })

/** Lets so many users be decided on, and spend what their variant makes them spend. */
async function live(lab: UsecaseLab, names: readonly string[], gain: number, at = NOON): Promise<void> {
  const random = randomFrom(names.join())
  await lab.store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
  const window = { notBefore: at, expires: at + DAY_MS }
  await lab.store.opportunities.insertMany(
    names.map((id) => exampleOpportunity(`o-${id}`, id, { id: opportunityId(`o-${id}`), window })),
    at,
  )
  const results = await lab.usecases.decisions.decide(
    names.map((id) => ({ decisionId: decisionId(`d-${id}`), userId: userId(id), context: {}, deliver: false })),
  )
  const orders = results.flatMap((result) => {
    if (!result.ok) throw new Error(result.error.detail)
    const { userId: user, assignments } = result.value.decision
    const variant = assignments.find(({ experiment }) => experiment === 'tone')?.variant
    const bought = (id: string, hours: number, revenue: number) =>
      exampleOutcome(`${id}-${user}`, user, {
        name: 'Order Completed',
        at: at + hours * HOUR_MS,
        properties: { revenue },
      })
    return [
      bought('before', -30, 5 + random()),
      bought('after', 5, 10 * random() + (variant === 'warm' ? gain : 0)),
      bought('late', 49, 1_000),
    ]
  })
  await lab.store.outcomes.insertMany(orders)
}

const crowd = (prefix: string, n: number): readonly string[] => Array.from({ length: n }, (_, i) => `${prefix}-${i}`)

describe('results of an experiment', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())
  const use = () => lab.usecases.experiments
  const begin = async (over: object = {}) => {
    lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    await use().create(design(over), 'ann')
    await use().start('tone', 'ann')
  }

  it('are computed from the log: who was exposed, and what followed inside the window', async () => {
    await begin()
    await live(lab, crowd('a', 400), 8)
    lab.clock.set(NOON + 20 * DAY_MS)
    const { readOut, until, leftOut } = (await use().results('tone'))!
    expect({ until, leftOut }).toEqual({ until: NOON + 20 * DAY_MS, leftOut: { moved: 0, outside: 0 } })
    expect(readOut.variants.reduce((sum, { users }) => sum + users, 0)).toBe(400)
    expect(readOut.quality.status).toBe('passed')
    const [revenue, reach] = readOut.comparisons[0]!.metrics
    expect(revenue).toMatchObject({ metric: 'revenue', role: 'success', isSuperior: true })
    // Uniform on [0, 10) plus 8: the difference of means lies within ± 1.2 of 8 but for four standard errors.
    expect(revenue!.fields.value).toBeGreaterThan(6.8)
    expect(revenue!.fields.value).toBeLessThan(9.2)
    expect(revenue!.fields.control_mean).toBeLessThan(7)
    expect(reach!.control.mean).toBe(0)
  })

  it.each([
    [0.05, false, 'keepRunning'],
    [2, true, 'doNotShip'],
  ])('are decided with the least effect that the design names, here %f', async (targetMDE, isPowered, verdict) => {
    const metrics = [{ name: 'revenue', role: 'success', targetMDE }]
    await begin({ metrics, horizon: { kind: 'users', maxUsers: 800 } })
    const [before] = await use().list()
    await live(lab, crowd('m', 400), 0)
    lab.clock.set(NOON + 20 * DAY_MS)
    const { readOut } = (await use().results('tone'))!
    expect(readOut.comparisons[0]!.metrics[0]).toMatchObject({ targetMDE, isPowered })
    expect(readOut.decision.verdict).toBe(verdict)
    // Kept like the rest of the design: what has started does not take another one.
    expect(before!.design.metrics).toEqual(metrics)
    const other = design({ metrics: [{ ...metrics[0]!, targetMDE: 0.5 }] })
    await expect(use().create(other, 'ann')).rejects.toMatchObject({ code: 'EXPERIMENT_CONFLICT' })
  })

  it('count users only once their window has closed', async () => {
    await begin()
    await live(lab, crowd('b', 40), 8)
    lab.clock.set(NOON + DAY_MS)
    const { readOut } = (await use().results('tone'))!
    expect(readOut.comparisons[0]!.metrics[0]!.leftOut.reduce((sum, { incomplete }) => sum + incomplete, 0)).toBe(40)
  })

  it('leave out whom a change of weights moved, and read cohorts apart', async () => {
    await begin({ traffic: 500_000 })
    await live(lab, crowd('c', 300), 8)
    lab.clock.set(NOON + DAY_MS)
    await use().ramp('tone', { traffic: 1_000_000, weights: { control: 200_000, warm: 800_000 } }, 'ann')
    await live(lab, crowd('d', 300), 8, NOON + DAY_MS)
    lab.clock.set(NOON + 20 * DAY_MS)
    const { readOut, leftOut } = (await use().results('tone'))!
    // Half of the first 300 took part, of whom three in ten moved; the second came when shares were as they are.
    expect(leftOut.moved).toBeGreaterThan(25)
    expect(leftOut.moved).toBeLessThan(70)
    const [control, warm] = readOut.variants
    expect(control!.users + warm!.users).toBeGreaterThan(300 + 150 - 90)
    const [split] = readOut.quality.checks
    expect(split!.words).toMatch(/planned 2[0-9.]+ %\), warm [0-9]+ \(planned 7[0-9.]+ %\), smallest p of 2 phases$/)
    expect(readOut.quality.checks.filter(({ status }) => status === 'failed')).toEqual([])
    // What those did who were moved is no row about strangers.
    expect(readOut.quality.checks.find(({ name }) => name === 'rows that count')!.words).toBe('all of them')
    const [revenue] = readOut.comparisons[0]!.metrics
    expect(revenue!.fields.value).toBeGreaterThan(6)
    expect(revenue!.fields.value).toBeLessThan(10)
  })

  it('end with the experiment, or with the last user of a variant', async () => {
    await begin()
    await live(lab, crowd('e', 60), 8)
    lab.clock.set(NOON + 5 * DAY_MS)
    await use().ramp('tone', { weights: { control: 0, warm: 1_000_000 } }, 'ann')
    lab.clock.set(NOON + 9 * DAY_MS)
    await use().stop('tone', { decision: 'ship', reason: '' }, 'ann')
    lab.clock.set(NOON + 20 * DAY_MS)
    expect((await use().results('tone'))!.until).toBe(NOON + 5 * DAY_MS)
  })

  it('are there for what is always on: what a message brings to those who may get it', async () => {
    const withholding = { salt: 'w', share: 300_000, messages: {}, periodDays: 28, groups: ['paloma' as const] }
    const layers = [{ name: 'wording', salt: 'l', holdoutShare: 200_000 }]
    lab = await usecaseLab({ config: { metrics: [REVENUE], experiments: { layers, withholding } } })
    await live(lab, crowd('w', 120), 0)
    lab.clock.set(NOON + 20 * DAY_MS)
    const period = Math.floor(NOON / (28 * DAY_MS))
    const { readOut, until } = (await use().results(`withhold:price-drop:${period}`))!
    expect(until).toBe(Math.min(lab.clock.now(), (period + 1) * 28 * DAY_MS))
    expect(readOut.control).toBe('withheld')
    expect(readOut.variants.reduce((sum, { users }) => sum + users, 0)).toBe(120)
    expect(readOut.comparisons.map(({ treatment }) => treatment)).toEqual(['open'])
    expect((await use().results('layer:wording'))!.readOut.control).toBe('holdout')
    expect(await use().results('layer:none')).toBeUndefined()
  })

  it('refuse to be read where there is nothing to read', async () => {
    await begin()
    await expect(use().results('tone')).rejects.toMatchObject({ code: 'NOBODY_EXPOSED' })
    await use().create(design({ key: 'draft' }), 'ann')
    await expect(use().results('draft')).rejects.toMatchObject({ code: 'EXPERIMENT_UNREADABLE' })
    const weights = { control: 0, warm: 1_000_000 }
    await use().create(design({ key: 'lone', weights, groups: ['random'] }), 'ann')
    await use().start('lone', 'ann')
    await expect(use().results('lone')).rejects.toMatchObject({ code: 'EXPERIMENT_UNREADABLE' })
    expect(await use().results('nothing')).toBeUndefined()
  })
})

/** Lets users be decided on all through so many slots of six hours; a warm slot brings `gain` more. */
async function liveInSlots(
  lab: UsecaseLab,
  count: number,
  {
    gain,
    profileOf = () => ({}),
  }: { readonly gain: number; readonly profileOf?: (id: string) => Partial<UserProfile> },
): Promise<void> {
  const random = randomFrom(`slots-${count}`)
  const names = crowd('s', 3)
  const slots = Array.from({ length: count }, (_, slot) => ({ slot, at: NOON + slot * 6 * HOUR_MS + HOUR_MS }))
  await lab.store.users.change(
    names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id, profileOf(id)) })),
  )
  await lab.store.opportunities.insertMany(
    slots.flatMap(({ slot, at }) =>
      names.map((id) =>
        exampleOpportunity(`o-${slot}-${id}`, id, { window: { notBefore: at, expires: at + HOUR_MS } }),
      ),
    ),
    NOON,
  )
  const outcomes: Parameters<typeof lab.store.outcomes.insertMany>[0][number][] = []
  for (const { slot, at } of slots) {
    lab.clock.set(at)
    const ids = names.map((id) => ({ decisionId: decisionId(`d-${slot}-${id}`), userId: userId(id) }))
    const results = await lab.usecases.decisions.decide(ids.map((id) => ({ ...id, context: {}, deliver: false })))
    const level = 5 * random()
    for (const result of results) {
      if (!result.ok) throw new Error(result.error.detail)
      const { userId: user, assignments } = result.value.decision
      const isWarm = assignments.find(({ experiment }) => experiment === 'tone')?.variant === 'warm'
      const bought = (id: string, hours: number, revenue: number) =>
        exampleOutcome(`${id}-${slot}-${user}`, user, {
          ...{ name: 'Order Completed', at: at + hours * HOUR_MS },
          properties: { revenue },
        })
      // The second falls into the next slot, which is not this one's doing.
      outcomes.push(bought('in', 1, level + random() + (isWarm ? gain : 0)), bought('beyond', 5.5, 1_000))
    }
  }
  await lab.store.outcomes.insertMany(outcomes)
}

describe('results of an experiment on slots of time', () => {
  it('sum what users did by slot, within the slot, and leave the washout out', async () => {
    const lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    const unit = { kind: 'switchback', slotMinutes: 360, washoutMinutes: 30 }
    await lab.usecases.experiments.create(design({ unit, metrics: [{ name: 'revenue', role: 'success' }] }), 'ann')
    await lab.usecases.experiments.start('tone', 'ann')
    await liveInSlots(lab, 44, { gain: 4 })
    lab.clock.set(NOON + 40 * DAY_MS)
    const { readOut } = (await lab.usecases.experiments.results('tone'))!
    expect(readOut.variants.reduce((sum, { clusters }) => sum + clusters!, 0)).toBe(44)
    expect(readOut.variants.reduce((sum, { users }) => sum + users, 0)).toBe(44 * 3)
    expect(readOut.quality.checks.filter(({ status }) => status === 'failed')).toEqual([])
    const [revenue] = readOut.comparisons[0]!.metrics
    // Slots differ by a uniform on [0, 5): the difference of 22 and 22 has a standard error of .44.
    expect(revenue!.fields.value).toBeGreaterThan(4 - 4 * 0.45)
    expect(revenue!.fields.value).toBeLessThan(4 + 4 * 0.45)
    if (revenue?.absolute.kind !== 'estimate') throw new Error('expected an estimate')
    expect(revenue.absolute.stdError).toBeGreaterThan(0.25)
    expect(revenue.notes.join()).toContain('counted until the slot of time ends')
    await lab.close()
  })

  it('draw and sum the slots of each cluster, out of the store as out of files', async () => {
    const lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    const unit = { kind: 'switchback', slotMinutes: 360, washoutMinutes: 30, clusterTrait: 'city' }
    await lab.usecases.experiments.create(design({ unit, metrics: [{ name: 'revenue', role: 'success' }] }), 'ann')
    await lab.usecases.experiments.start('tone', 'ann')
    // The third is nowhere, and takes no part.
    const cities: Readonly<Record<string, string>> = { 's-0': '07', 's-1': '7' }
    const profileOf = (id: string): Partial<UserProfile> => ({ traits: id in cities ? { city: cities[id]! } : {} })
    await liveInSlots(lab, 44, { gain: 4, profileOf })
    lab.clock.set(NOON + 40 * DAY_MS)
    const { readOut } = (await lab.usecases.experiments.results('tone'))!
    expect(readOut.variants.reduce((sum, { clusters }) => sum + clusters!, 0)).toBe(88)
    expect(readOut.variants.reduce((sum, { users }) => sum + users, 0)).toBe(88)
    expect(readOut.quality.checks.filter(({ status }) => status === 'failed')).toEqual([])
    const [revenue] = readOut.comparisons[0]!.metrics
    expect(Math.abs(revenue!.fields.value! - 4)).toBeLessThan(4 * 0.33)
    await lab.usecases.history.export({})
    const { readOut: exported } = (await lab.usecases.experiments.results('tone', 'history'))!
    expect(exported.comparisons[0]!.metrics[0]!.fields.value).toBeCloseTo(revenue!.fields.value!, 9)
    expect(exported.variants).toEqual(readOut.variants)
    await lab.close()
  })
})

/** Decides on users, lets their messages go out, and lets them spend by what they met. */
async function liveMeeting(
  lab: UsecaseLab,
  count: number,
  revenueOf: (met: { readonly variants: Readonly<Record<string, string>>; readonly isSent: boolean }) => number,
): Promise<void> {
  const names = crowd('m', count)
  const random = randomFrom('meeting')
  await lab.store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
  const window = { notBefore: NOON, expires: NOON + DAY_MS }
  await lab.store.opportunities.insertMany(
    names.map((id) => exampleOpportunity(`o-${id}`, id, { id: opportunityId(`o-${id}`), window })),
    NOON,
  )
  const results = await lab.usecases.decisions.decide(
    names.map((id) => ({ decisionId: decisionId(`d-${id}`), userId: userId(id), context: {}, deliver: true })),
  )
  const decided = results.map((result) => {
    if (!result.ok) throw new Error(result.error.detail)
    return result.value.decision
  })
  while ((await lab.due.dispatch()) > 0);
  const sends = await lab.store.sends.byDecision(decided.map(({ decisionId: id }) => id))
  await lab.store.outcomes.insertMany(
    decided.map(({ decisionId: id, userId: user, assignments }) =>
      exampleOutcome(`r-${user}`, user, {
        ...{ name: 'Order Completed', at: NOON + 5 * HOUR_MS },
        properties: {
          revenue:
            random() +
            revenueOf({
              variants: Object.fromEntries(assignments.map(({ experiment, variant }) => [experiment, variant])),
              isSent: sends.get(id)?.status === 'sent',
            }),
        },
      }),
    ),
  )
}

describe('what results explore beside the decision', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())

  it('finds a planted interaction with another running experiment, and nothing else', async () => {
    lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    const use = lab.usecases.experiments
    const prices = [{ name: 'control' }, { name: 'dear', change: { prices: { 'channel:email': 0.001 } } }]
    for (const made of [design({}), design({ key: 'price', variants: prices })]) {
      await use.create(made, 'ann')
      await use.start(made.key, 'ann')
    }
    await liveMeeting(lab, 600, ({ variants: { tone, price } }) => (tone === 'warm' && price === 'dear' ? 4 : 0))
    lab.clock.set(NOON + 20 * DAY_MS)
    const { readOut } = (await use.results('tone'))!
    const found = readOut.exploration.interactions.filter(({ isDiscovery }) => isDiscovery)
    expect(found.map(({ experiment, beside, metric }) => [experiment, beside, metric])).toEqual([
      ['price', 'dear', 'revenue'],
    ])
    const { interaction } = found[0]!
    if (interaction.kind !== 'estimate') throw new Error('expected an estimate')
    expect(interaction.low).toBeLessThan(4)
    expect(interaction.high).toBeGreaterThan(4)
    expect(readOut.exploration.bayesian[0]).toMatchObject({ metric: 'revenue' })
    expect(readOut.exploration.channels.map(({ name }) => name)).toEqual(['responses'])
  })

  it('says what a message does to those who received it, where some never do', async () => {
    lab = await usecaseLab({ adapters: [scriptedChannel('email')], config: { metrics: [REVENUE] } })
    const use = lab.usecases.experiments
    const withheld = [
      { name: 'control', change: { messages: { 'price-drop': { kind: 'withhold' } } } },
      { name: 'open' },
    ]
    await use.create(design({ variants: withheld, metrics: [{ name: 'revenue', role: 'success' }] }), 'ann')
    await use.start('tone', 'ann')
    await liveMeeting(lab, 600, ({ isSent }) => (isSent ? 3 : 0))
    lab.clock.set(NOON + 20 * DAY_MS)
    const { readOut } = (await use.results('tone'))!
    const revenue = readOut.exploration.compliers.find(({ metric }) => metric === 'revenue')
    if (revenue?.effect.kind !== 'estimate' || revenue.compliance.kind === 'undefined') {
      throw new Error(`expected estimates, got ${JSON.stringify(revenue)}`)
    }
    expect(revenue.effect.low).toBeLessThan(3)
    expect(revenue.effect.high).toBeGreaterThan(3)
    expect(revenue.compliance.mean).toBeGreaterThan(0.1)
    expect(revenue.compliance.mean).toBeLessThan(1)
    const shown = readOut.comparisons[0]!.metrics.find(({ metric }) => metric === 'received')
    expect(shown).toMatchObject({ role: 'exploratory', control: { mean: 0 } })
    // The assignment itself does less than receipt, by the share that received.
    expect(readOut.comparisons[0]!.metrics[0]!.fields.value).toBeLessThan(revenue.effect.mean)
  })
})
