import { chosenAction, type Decision, decisionId, HOUR_MS, type Objective, userId } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { exampleNew, NOON } from '../store/testing/examples.ts'
import type { DecideCommand } from './contract.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  outcomesOf,
  proposal,
  track,
} from './testing/arrivals.ts'

describe('decisions', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())
  const decide = (...commands: readonly DecideCommand[]) => lab.usecases.decisions.decide(commands)
  const propose = async (id: string, user: string) => {
    await lab.usecases.opportunities.propose([proposal(id, user, { at: lab.clock.now() })])
  }
  const stored = async (id: string): Promise<Decision> => (await lab.usecases.decisions.get(decisionId(id)))!

  it('are made once: the same request again gets the same record and what became of its send', async () => {
    const id = await introduce(lab, 'd-once')
    await propose('d-once-o', id)
    const command = ask('d-once-1', id, { context: { screen: 'home', depth: 2 } })
    const [first] = await decide(command)
    expect(first).toMatchObject({ ok: true, status: 'created', value: { send: { status: 'reserved', dueAt: NOON } } })
    await lab.due.dispatch()
    const [again] = await decide({ ...command, context: { depth: 2, screen: 'home' } })
    expect(again).toMatchObject({ ok: true, status: 'duplicate', value: { send: { status: 'sent' } } })
    expect(first?.ok && again?.ok && again.value.decision).toStrictEqual(first?.ok && first.value.decision)
    expect(lab.email.sent().filter((message) => message.userId === id)).toHaveLength(1)
  })

  it.each<[string, Partial<DecideCommand>]>([
    ['another context', { context: { screen: 'cart' } }],
    ['another user', { userId: userId('d-conflict-other') }],
    ['another way of delivery', { deliver: false }],
  ])('are a conflict under the same id with %s', async (_, changes) => {
    const id = await introduce(lab, 'd-conflict')
    await introduce(lab, 'd-conflict-other')
    await decide(ask('d-conflict-1', id))
    const [refused] = await decide({ ...ask('d-conflict-1', id), ...changes })
    expect(refused).toMatchObject({ ok: false, error: { code: 'DECISION_CONFLICT', pointer: '/decisionId' } })
  })

  it('repeated within one batch are made once, and a second request under the id is a conflict', async () => {
    const id = await introduce(lab, 'd-twice')
    await propose('d-twice-o', id)
    const one = ask('d-twice-1', id)
    const results = await decide(one, one, { ...one, context: { n: 1 } }, ask('d-twice-2', id))
    expect(outcomesOf(results)).toEqual(['created', 'duplicate', 'DECISION_CONFLICT', 'created'])
    expect(await lab.store.sends.byDecision([one.decisionId])).toHaveProperty('size', 1)
  })

  it('are refused one by one: an unknown user or a bad id costs its neighbours nothing', async () => {
    const id = await introduce(lab, 'd-beside')
    const results = await decide(
      ask('d-beside-1', id),
      ask('d-beside-2', 'd-nobody'),
      ask('d-beside-\u0000', id),
      ask('d-beside-4', id),
    )
    expect(outcomesOf(results)).toEqual(['created', 'USER_NOT_FOUND', 'ROW_REFUSED', 'created'])
  })

  it('that one user’s profile makes impossible cost the others nothing', async () => {
    const [sound, broken] = [await introduce(lab, 'd-sound'), await introduce(lab, 'd-broken')]
    await lab.store.users.change([
      { userId: broken, update: (profile) => ({ ...profile!, timeZone: 'Atlantis/Centre' }) },
    ])
    const results = await decide(ask('d-sound-1', sound), ask('d-broken-1', broken), ask('d-sound-2', sound))
    expect(outcomesOf(results)).toEqual(['created', 'UNKNOWN_TIME_ZONE', 'created'])
  })

  it('are made for the user behind an alias', async () => {
    const id = await introduce(lab, 'd-owner')
    await lab.usecases.events.ingest([track('d-alias-m', id, '', { type: 'alias', previousId: 'd-cookie' })])
    await propose('d-owner-o', id)
    const [result] = await decide(ask('d-alias-1', 'd-cookie'))
    expect(result).toMatchObject({ ok: true, value: { decision: { userId: 'd-owner' }, send: { status: 'reserved' } } })
    expect(outcomesOf(await decide(ask('d-alias-1', 'd-cookie')))).toEqual(['duplicate'])
  })

  it('only decided and not delivered reserve nothing', async () => {
    const id = await introduce(lab, 'd-dry')
    await propose('d-dry-o', id)
    const [result] = await decide(ask('d-dry-1', id, { deliver: false }))
    expect(result).toMatchObject({ ok: true, value: { send: null } })
    expect(chosenAction(await stored('d-dry-1'))).toMatchObject({ kind: 'send', opportunityId: 'd-dry-o' })
    expect(await lab.store.sends.listByUser(id, { limit: 9 })).toEqual([])
    expect((await lab.usecases.opportunities.get(proposal('d-dry-o', id).id))?.status).toBe('open')
  })

  it('dated ahead of a virtual clock see the history of their own moment', async () => {
    const id = await introduce(lab, 'd-ahead')
    const now = lab.clock.now()
    const window = { notBefore: now - HOUR_MS, expires: now + HOUR_MS }
    await lab.usecases.opportunities.propose([proposal('d-ahead-o', id, { window })])
    await lab.usecases.events.ingest([track('d-ahead-m', id, 'App Visited')])
    const far = now + 28 * 24 * HOUR_MS
    await decide(ask('d-ahead-1', id), ask('d-ahead-2', id, { at: far }))
    expect((await stored('d-ahead-1')).inputs).toMatchObject({
      user: { history: { visits: [now] } },
      opportunityIds: ['d-ahead-o'],
    })
    expect(await stored('d-ahead-2')).toMatchObject({
      at: far,
      inputs: { user: { history: { visits: [] } }, opportunityIds: [] },
    })
  })

  it('dated before a virtual clock, or absurdly ahead, are refused; one that was made may be asked for again', async () => {
    const id = await introduce(lab, 'd-past')
    const command = ask('d-past-1', id, { at: lab.clock.now() })
    await decide(command)
    lab.clock.set(lab.clock.now() + 1)
    const results = await decide(
      command,
      ask('d-past-2', id, { at: lab.clock.now() - 1 }),
      ask('d-past-3', id, { at: lab.clock.now() + 367 * 24 * HOUR_MS }),
      ask('d-past-4', id, { at: lab.clock.now() }),
    )
    expect(outcomesOf(results)).toEqual(['duplicate', 'MOMENT_BACKWARDS', 'MOMENT_TOO_FAR', 'created'])
    expect(results[1]).toMatchObject({ error: { pointer: '/at', detail: expect.stringContaining('got 20') } })
  })

  it('dated at all are refused where the clock is the machine’s', async () => {
    const real = await arrivalsLab({ isSystemClock: true })
    const id = await introduce(real, 'd-real')
    const results = await real.usecases.decisions.decide([ask('d-real-1', id, { at: NOON }), ask('d-real-2', id)])
    expect(outcomesOf(results)).toEqual(['CLOCK_NOT_VIRTUAL', 'created'])
    await real.close()
  })

  it('replay the same after the profile, the history and the opportunity have changed', async () => {
    const id = await introduce(lab, 'd-replay')
    await propose('d-replay-o', id)
    await decide(ask('d-replay-1', id, { context: { minusNothing: -0, screen: 'home' } }))
    const identical = { decisionId: 'd-replay-1', identical: true, differences: [] }
    expect(await lab.usecases.decisions.replay(decisionId('d-replay-1'))).toEqual(identical)
    await lab.due.dispatch()
    await lab.usecases.users.upsert([
      { userId: id, timeZone: 'Asia/Tokyo', consent: { channels: { email: 'denied' } } },
    ])
    await lab.usecases.events.ingest([track('d-replay-m', id, 'Order Completed', { properties: { revenue: 9 } })])
    lab.clock.set(lab.clock.now() + HOUR_MS)
    expect(await lab.usecases.decisions.replay(decisionId('d-replay-1'))).toEqual(identical)
    expect(await lab.usecases.decisions.replay(decisionId('d-none'))).toBeUndefined()
  })

  it('replay the same after the policy has learned, each with the state it was made with', async () => {
    const id = await introduce(lab, 'd-learned')
    await propose('d-learned-o', id)
    await decide(ask('d-learned-1', id))
    const { state } = lab.deps.snapshots.current()
    const head = state.heads.conversion!
    const next = {
      ...state,
      id: state.id + 1,
      heads: { ...state.heads, conversion: { ...head, mean: head.mean.map((m) => m + 1) } },
    }
    await lab.store.registry.saveState(next)
    lab.deps.snapshots.adopt(next)
    await decide(ask('d-learned-2', id))
    for (const [name, stateId] of [
      ['d-learned-1', state.id],
      ['d-learned-2', next.id],
    ] as const) {
      expect((await stored(name)).stateId).toBe(stateId)
      expect(await lab.usecases.decisions.replay(decisionId(name))).toMatchObject({ identical: true })
    }
  })

  it('are audited whole, by day, and a record that was tampered with is found', async () => {
    const day = new Date(NOON).toISOString().slice(0, 10)
    const counted = await lab.store.decisions.count()
    const seen: number[] = []
    const all = await lab.usecases.decisions.audit({ onProgress: (checked) => seen.push(checked) })
    // Nothing here is left to chance.
    expect(all).toEqual({ checked: counted, identical: counted, failures: [], draws: [] })
    expect(seen.at(-1)).toBe(counted)
    expect(await lab.usecases.decisions.audit({ day: '2020-01-01' })).toEqual({
      checked: 0,
      identical: 0,
      failures: [],
      draws: [],
    })
    const one = await stored('d-once-1')
    const forged = { ...one, decisionId: decisionId('d-forged'), propensity: 0.5 }
    await lab.store.decisions.insertMany([exampleNew(forged, { deliver: false })])
    const found = await lab.usecases.decisions.audit({ day })
    expect(found.failures.map((each) => each.decisionId)).toEqual(['d-forged'])
    expect(found.failures[0]?.differences.map(({ pointer }) => pointer)).toContain('/propensity')
    const orphan = { ...one, decisionId: decisionId('d-orphan'), snapshotVersion: 'gone' }
    await lab.store.decisions.insertMany([exampleNew(orphan, { deliver: false })])
    const { checked, failures } = await lab.usecases.decisions.audit({ day })
    expect(checked).toBe(found.checked + 1)
    expect(failures.find((each) => each.decisionId === 'd-orphan')?.fault?.code).toBe('SNAPSHOT_GONE')
  })
})

describe('an explanation', () => {
  const objectives: readonly Objective[] = defaultConfig.objectives
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({
      config: { ...ALWAYS_SEND, prices: { 'channel:email': 0.01, 'message:price-drop': 0.02 } },
    })
    const id = await introduce(lab, 'x-ada')
    await lab.usecases.opportunities.propose([
      proposal('x-o', id, { channels: ['email', 'push'] }),
      proposal('x-late', id, { message: 'later', window: { notBefore: NOON + HOUR_MS, expires: NOON + 2 * HOUR_MS } }),
    ])
    await lab.usecases.decisions.decide([ask('x-d', id)])
  })
  afterAll(() => lab.close())
  const explained = async () => (await lab.usecases.decisions.explain(decisionId('x-d')))!

  it('adds up: a score is its weighted values less its price', async () => {
    const { actions } = await explained()
    const open = actions.filter(({ refusals }) => refusals.length === 0)
    expect(open.map(({ action }) => action).toSorted()).toEqual(['hold', 'price-drop/default/email'])
    for (const { score, price, values } of open) {
      expect(Object.keys(values)).toEqual(objectives.map(({ name }) => name))
      const weighted = Object.values(values).reduce((sum, each) => sum + each.weighted, 0)
      expect(weighted - price!).toBeCloseTo(score!, 12)
      for (const { name, weight } of objectives) expect(values[name]?.weighted).toBe(weight * values[name]!.value)
    }
    const email = open.find(({ channel }) => channel === 'email')
    expect(email?.price).toBeCloseTo(0.005 + 0.01 + 0.02, 12)
    expect(open.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
  })

  it('adds up its contributions to the chosen score', async () => {
    const { chosen, contributions } = await explained()
    expect(chosen).toMatchObject({ action: 'price-drop/default/email', opportunityId: 'x-o', channel: 'email' })
    const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
    expect(contributions.length).toBeLessThan(20)
    expect(sum - chosen.price!).toBeCloseTo(chosen.score!, 12)
  })

  it('lists the best first, the refused last, without numbers that nobody computed', async () => {
    const { actions } = await explained()
    const open = actions.filter(({ refusals }) => refusals.length === 0)
    expect(open.map(({ score }) => score)).toEqual(open.map(({ score }) => score).toSorted((a, b) => b! - a!))
    const refused = actions.slice(open.length)
    expect(refused.map(({ message, channel, refusals }) => [message, channel, refusals[0]?.reason])).toEqual([
      ['later', 'email', 'not-before'],
      ['price-drop', 'push', 'no-address'],
    ])
    for (const action of refused) {
      expect(action).toMatchObject({ probability: 0, score: null, scoreSd: null, price: null, values: {} })
    }
  })

  it('says the propensity as a product, and no best guess of a policy that looks at no score', async () => {
    const { actions, chosen, factors } = await explained()
    expect(actions.map(({ withoutExploration }) => withoutExploration)).toEqual(actions.map(() => null))
    expect(factors.map(({ step }) => step)).toEqual(['send', 'moment', 'channel', 'message', 'variant'])
    expect(factors.reduce((product, { probability }) => product * probability, 1)).toBeCloseTo(chosen.probability, 12)
  })

  it('says in words what was chosen and what it costs', async () => {
    const { summary } = await explained()
    expect(summary[0]).toBe('price-drop/default/email was chosen with a probability of 100 % (the policy’s choice).')
    expect(summary).toHaveLength(1 + objectives.length)
    expect(summary.find((line) => line.includes('reachability'))).toMatch(/^It costs .* contactable days/)
  })
})

describe('an explanation of a choice that explored', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    const paloma = { share: 1_000_000, policy: { kind: 'epsilonGreedy', epsilon: 0.9 } } as const
    const groups = { ...defaultConfig.groups, paloma }
    lab = await arrivalsLab({ config: { ...ALWAYS_SEND, groups, prices: { 'message:digest': 0.01 } } })
    for (let i = 0; i < 12; i += 1) {
      const id = await introduce(lab, `y-${i}`)
      const messages = ['digest', 'price-drop'].map((message) => proposal(`y-${message}-${i}`, id, { message }))
      await lab.usecases.opportunities.propose(messages)
      await lab.usecases.decisions.decide([ask(`y-d${i}`, id)])
    }
  })
  afterAll(() => lab.close())

  it('names the best guess, one that did not says nothing of it', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => decisionId(`y-d${i}`))
    const all = await Promise.all(ids.map(async (id) => (await lab.usecases.decisions.explain(id))!))
    const explored = all.filter(({ chosen }) => chosen.withoutExploration === 0)
    expect(explored.length).toBeGreaterThan(0)
    expect(explored.length).toBeLessThan(all.length)
    for (const { chosen, actions, summary, factors } of all) {
      const best = actions.filter(({ withoutExploration }) => withoutExploration === 1)
      expect(best).toHaveLength(1)
      expect(best[0]).toBe(actions[0])
      const said = summary.filter((line) => line.startsWith('That explored'))
      const text = `That explored: the best guess was ${actions[0]!.action}.`
      expect(said).toEqual(chosen.withoutExploration === 0 ? [text] : [])
      const product = summary.find((line) => line.startsWith('The probability is a product'))
      if (chosen.action === 'hold') expect(factors).toEqual([{ step: 'hold', probability: chosen.probability }])
      else expect(product).toMatch(/^The probability is a product: send [\d.]+ % × message [\d.]+ %\.$/)
    }
  })

  it('says the moment where the best guess is the same message at another one', async () => {
    const rules = { ...ALWAYS_SEND.rules!, slots: { localHours: [19, 21], horizonHours: 24 } }
    const paloma = { share: 1_000_000, policy: { kind: 'epsilonGreedy', epsilon: 0.9 } } as const
    const groups = { ...defaultConfig.groups, paloma }
    // A hazard sees that a send has more of the window to work in the earlier it goes.
    const visits: Objective = {
      ...{ name: 'visits', events: ['App Visited'], aggregate: 'any', windowHours: 24, unit: 'visits', weight: 1 },
      model: 'visit',
    }
    const slots = await arrivalsLab({ config: { ...ALWAYS_SEND, rules, groups, objectives: [visits] } })
    try {
      const said = new Set<string>()
      for (let i = 0; i < 12; i += 1) {
        const id = await introduce(slots, `m-${i}`)
        await slots.usecases.opportunities.propose([proposal(`m-o${i}`, id)])
        await slots.usecases.decisions.decide([ask(`m-d${i}`, id)])
        const { chosen, actions, summary } = (await slots.usecases.decisions.explain(decisionId(`m-d${i}`)))!
        const best = actions.filter(({ withoutExploration }) => withoutExploration === 1)
        const isOtherMoment = best[0]?.action === chosen.action && best[0].sendAt !== chosen.sendAt
        if (!isOtherMoment) continue
        const later = (best[0]!.sendAt! - NOON) / HOUR_MS
        const when = later === 0 ? 'at once' : `${later} h later`
        expect(summary).toContain(`That explored: the best guess was ${chosen.action} ${when}.`)
        said.add(when)
      }
      expect(said.size).toBeGreaterThan(0)
    } finally {
      await slots.close()
    }
  })
})
