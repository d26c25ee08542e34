import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  emptyActionRows,
  type FeatureSchema,
  type FeatureSpec,
  fullRow,
  HOUR_MS,
  type Objective,
  type Opportunity,
  type Scalar,
  type UserState,
} from '../domain/index.ts'
import { eligibleCandidates } from '../eligibility/index.ts'
import { situations } from '../eligibility/testing/arbitraries.ts'
import { FEATURES, NOW, OBJECTIVES, person, RULES, twoWordings } from '../testing/decision-scene.ts'
import { declaredWidth } from './action-layout.ts'
import { type FeatureContext, featureContext } from './context.ts'
import { type ActionToEncode, compileFeatures } from './feature-encoder.ts'
import { schemaHashOf } from './schema-hash.ts'

function encoderOf(over: { features?: FeatureSchema; objectives?: readonly Objective[] } = {}) {
  return compileFeatures({ features: FEATURES, objectives: OBJECTIVES, channels: RULES.channels, ...over })
}

const ENCODER = encoderOf()

function contextAt(now: number, user: UserState = person({ traits: { orders: 3 } }), zone = 'Europe/Berlin') {
  return featureContext(user, { now, context: { screen: 'basket' } }, zone)
}

function sendOf(way: Partial<ActionToEncode['candidate']> = {}, proposed: Partial<Opportunity> = {}): ActionToEncode {
  const opportunity = twoWordings('a', proposed)
  return { opportunity, variant: opportunity.variants[1]!, candidate: { channel: 'push', sendAt: NOW, ...way } }
}

/** Columns of a send by name. */
function columnsOf(action: ActionToEncode, x = contextAt(NOW), encoder = ENCODER): Readonly<Record<string, number>> {
  const out = new Float64Array(encoder.actionNames.length)
  encoder.encodeAction(x, action, { out, offset: 0 })
  return Object.fromEntries(encoder.actionNames.map((name, i) => [name, out[i]!]))
}

function baselineOf(x = contextAt(NOW)): Readonly<Record<string, number>> {
  const out = new Float64Array(ENCODER.baselineNames.length)
  ENCODER.encodeBaseline(x, out)
  return Object.fromEntries(ENCODER.baselineNames.map((name, i) => [name, out[i]!]))
}

describe('the columns of a send', () => {
  it('are named once each, and tell channel, wording, proposal, user and moment', () => {
    expect(new Set(ENCODER.actionNames).size).toBe(ENCODER.actionNames.length)
    expect(columnsOf(sendOf())).toMatchObject({
      send: 1,
      'channel=push': 1,
      'channel=email': 0,
      'user.orders': 1,
      'context.screen=home': 0,
      'context.screen=basket': 1,
      'opportunity.score': expect.closeTo(0.4, 12),
      'variant.bold': 1,
      'days since visit': 1,
      'slot delay': 0,
    })
    expect(ENCODER.actionNames[ENCODER.channelColumns.push!]).toBe('channel=push')
  })

  it('put the message family into one bucket, the same for ever', () => {
    for (const message of ['price-drop', 'digest', 'something new']) {
      const buckets = Object.entries(columnsOf(sendOf({}, { message }))).filter(([name]) => name.startsWith('message'))
      expect(buckets).toHaveLength(4)
      expect(buckets.reduce((sum, [, value]) => sum + value, 0)).toBe(1)
    }
    expect(columnsOf(sendOf({}, { message: 'price-drop' }))['message bucket 1']).toBe(1)
    expect(columnsOf(sendOf({}, { message: 'something new' }))['message bucket 3']).toBe(1)
  })

  it('tell wordings of one proposal apart, where there are indicators and a choice', () => {
    const encoder = encoderOf({ features: { ...FEATURES, variantBuckets: 8 } })
    expect(encoder.actionNames.length).toBe(ENCODER.actionNames.length + 8)
    const variants = ['calm', 'plain'].map((name) => ({ name, content: {} }))
    const bucketsOf = (some: Opportunity['variants'], i: number): readonly string[] => {
      const action = { ...sendOf({}, { message: 'sale', variants: some }), variant: some[i]! }
      const columns = Object.entries(columnsOf(action, contextAt(NOW), encoder))
      return columns.filter(([name, value]) => name.startsWith('variant bucket') && value !== 0).map(([name]) => name)
    }
    // By spec/generate/assignment.py's murmur3 of "sale\0calm" and "sale\0plain" under the seed 0x76617269.
    expect(bucketsOf(variants, 0)).toEqual(['variant bucket 1'])
    expect(bucketsOf(variants, 1)).toEqual(['variant bucket 5'])
    expect(bucketsOf(variants.slice(0, 1), 0)).toEqual([])
  })

  it('spread families over buckets: no bucket of 16 holds more than twice its share of 1,600', () => {
    const encoder = encoderOf({ features: { features: [], messageBuckets: 16 } })
    const counts = new Float64Array(16)
    for (let i = 0; i < 1600; i += 1) {
      const columns = columnsOf(sendOf({}, { message: `family-${i}` }), contextAt(NOW), encoder)
      for (let bucket = 0; bucket < 16; bucket += 1)
        counts[bucket] = counts[bucket]! + columns[`message bucket ${bucket}`]!
    }
    expect(Math.max(...counts)).toBeLessThan(200)
    expect(Math.min(...counts)).toBeGreaterThan(50)
  })

  it('read a claim for its own objective and leave claims for unknown ones out', () => {
    const claim = { unit: 'EUR', horizonDays: 7, kind: 'incremental', estimate: 0.2 } as const
    const claims = [
      { ...claim, objective: 'conversion' },
      { ...claim, objective: 'fame' },
    ]
    const columns = columnsOf(sendOf({}, { claims }))
    // 0.2 EUR, where effects lie about 0.4 EUR from what is expected.
    expect(columns['claim conversion']).toBeCloseTo(0.5, 14)
    expect(columns['claim reachability']).toBe(0)
    const lost = { ...claim, objective: 'reachability', estimate: -0.09, kind: 'predicted' } as const
    const predicted = columnsOf(sendOf({}, { claims: [lost] }))
    // −0.09 contactable days, where effects lie about 0.003 × 60 from what is expected.
    expect(predicted['prediction reachability']).toBeCloseTo(-0.5, 14)
    expect(predicted['claim reachability']).toBe(0)
    const absurd = columnsOf(sendOf({}, { claims: [{ ...claim, objective: 'conversion', estimate: 1e12 }] }))
    expect(absurd['claim conversion']).toBe(3)
  })

  it('say how fresh the family is: a half after fifteen days', () => {
    const user = person({}, [
      {
        at: NOW - 15 * DAY_MS,
        channel: 'email',
        category: 'marketing',
        message: 'message-a',
        topic: 't',
        opportunityId: 'old',
      },
    ])
    expect(columnsOf(sendOf(), contextAt(NOW, user))['family repeated lately']).toBeCloseTo(0.5, 12)
    expect(columnsOf(sendOf({}, { message: 'other' }), contextAt(NOW, user))['family repeated lately']).toBe(0)
  })
})

describe('what a user likes', () => {
  const match = (name: string): FeatureSpec => ({ kind: 'match', name, source: 'opportunity', trait: 'likes' })
  const encoder = encoderOf({
    features: { ...FEATURES, features: [...FEATURES.features, match('topic'), match('price')] },
  })
  const liking = (likes?: Scalar) => contextAt(NOW, person({ traits: likes === undefined ? {} : { likes } }))
  const columnsFor = (x: FeatureContext, over: Partial<Opportunity>) => columnsOf(sendOf({}, over), x, encoder)

  it.each<[string, Scalar | undefined, Partial<Opportunity>, [number, number]]>([
    ['the topic of the proposal', 'shoes', { topic: 'shoes' }, [1, 0]],
    ['another topic', 'shoes', { topic: 'hats' }, [0, 0]],
    ['a feature of the proposal, compared as text', '7', { topic: 'hats', features: { price: 7 } }, [0, 1]],
    ['nothing that is known of', undefined, { topic: 'undefined' }, [0, 0]],
  ])('is told by a column: %s', (_, likes, proposed, [topic, price]) => {
    const columns = columnsFor(liking(likes), proposed)
    expect(columns['user.likes is opportunity.topic']).toBe(topic)
    expect(columns['user.likes is opportunity.price']).toBe(price)
  })

  it('is told for each of many actions as for one, and taken back for the next proposal', () => {
    const actions = ['shoes', 'hats', 'shoes'].map((topic) => sendOf({}, { topic }))
    const width = encoder.actionNames.length
    const rows = emptyActionRows(actions.length, width)
    encoder.encodeActions(liking('shoes'), actions, rows)
    const column = encoder.actionNames.indexOf('user.likes is opportunity.topic')
    const full = actions.map((_, i) => fullRow(rows, i, new Float64Array(width))[column])
    expect(full).toEqual([1, 0, 1])
  })
})

describe('local time', () => {
  // 2026-10-25: clocks in Berlin go back from 3 to 2 at 01:00Z; 2026-03-29: forward from 2 to 3 at 01:00Z.
  it.each([
    ['before autumn change', Date.UTC(2026, 9, 24, 16), 18],
    ['after autumn change', Date.UTC(2026, 9, 25, 17), 18],
    ['before spring change', Date.UTC(2026, 2, 28, 17), 18],
    ['after spring change', Date.UTC(2026, 2, 29, 16), 18],
    ['in the first of the two hours from 2 to 3', Date.UTC(2026, 9, 25, 0, 30), 2.5],
    ['in the second of them', Date.UTC(2026, 9, 25, 1, 30), 2.5],
  ])('is the clock on the wall %s', (_, at, hour) => {
    const angle = (2 * Math.PI * hour) / 24
    const columns = columnsOf(sendOf({ sendAt: at }), contextAt(at))
    expect(columns['slot hour sine']).toBeCloseTo(Math.sin(angle), 12)
    expect(columns['slot hour cosine']).toBeCloseTo(Math.cos(angle), 12)
    expect(columns['slot weekend']).toBe(1)
    expect(baselineOf(contextAt(at))).toMatchObject({ 'hour sine': columns['slot hour sine'], weekend: 1 })
  })

  it('of a slot is that of the slot, of the baseline that of the decision', () => {
    // Noon on Wednesday in Berlin; the slot is midnight on Saturday.
    const columns = columnsOf(sendOf({ sendAt: NOW + 60 * HOUR_MS }))
    expect(columns).toMatchObject({ 'slot weekend': 1, 'slot hour cosine': expect.closeTo(1, 12), 'slot delay': 2 })
    expect(baselineOf()).toMatchObject({ weekend: 0, 'hour cosine': expect.closeTo(-1, 12) })
  })
})

describe('one row or many', () => {
  it.each([
    ['of effects', OBJECTIVES],
    ['of sends', [{ ...OBJECTIVES[0]!, model: 'response' as const, worth: 40, lookAheadDays: 7 }, OBJECTIVES[1]!]],
  ])(
    'the same numbers come out singly and as sums of shared parts, over what lay there before, for models %s',
    (_, objectives) => {
      fc.assert(
        fc.property(situations, (situation) => {
          const encoder = compileFeatures({
            features: { ...FEATURES, variantBuckets: 3 },
            objectives,
            channels: situation.rules.channels,
          })
          const x = contextAt(situation.now, situation.user, situation.rules.timeZone)
          const { eligible } = eligibleCandidates(situation)
          const width = encoder.actionNames.length
          const rows = emptyActionRows(eligible.length + 1, width)
          encoder.encodeActions(x, [sendOf(), ...eligible], rows)
          encoder.encodeActions(x, eligible, rows)
          eligible.forEach((action, i) => {
            const singly = new Float64Array(width)
            encoder.encodeAction(x, action, { out: singly, offset: 0 })
            const full = fullRow(rows, i, new Float64Array(width).fill(9))
            expect(full).toEqual(singly)
            for (const value of full) expect(Number.isFinite(value)).toBe(true)
          })
          const ways = new Set(eligible.map(({ candidate }) => `${candidate.channel} ${candidate.sendAt}`))
          const proposals = new Set(eligible.map(({ candidate }) => `${candidate.opportunityId} ${candidate.variant}`))
          expect(rows.ways.size[0]).toBe(ways.size)
          // Numbered as sends first take them, which is what prices are looked up by.
          const taken = [...rows.wayOf.subarray(0, eligible.length)]
          expect([...new Set(taken)]).toEqual(Array.from(ways, (_, way) => way))
          expect(rows.proposals.size[0]).toBe(proposals.size)
        }),
        { seed: 6, numRuns: 200 },
      )
    },
  )
})

describe('schemaHashOf', () => {
  const hash = (over: Parameters<typeof encoderOf>[0] = {}): string =>
    schemaHashOf(encoderOf(over), { features: FEATURES, objectives: OBJECTIVES, channels: RULES.channels, ...over })
  const [first, ...rest] = FEATURES.features
  const LIKES: FeatureSpec = { kind: 'match', name: 'topic', source: 'opportunity', trait: 'likes' }
  const change = (objective: Partial<Objective>) => [{ ...OBJECTIVES[0]!, ...objective }, ...OBJECTIVES.slice(1)]

  it.each<[string, Parameters<typeof encoderOf>[0]]>([
    ['a feature is left out', { features: { ...FEATURES, features: rest } }],
    ['two features change places', { features: { ...FEATURES, features: [...rest, first!] } }],
    ['there are more buckets', { features: { ...FEATURES, messageBuckets: 5 } }],
    ['variants are told apart', { features: { ...FEATURES, variantBuckets: 2 } }],
    [
      'a number is centred elsewhere',
      { features: { ...FEATURES, features: [{ ...first!, centre: 2 } as never, ...rest] } },
    ],
    [
      'a number is read by its logarithm',
      { features: { ...FEATURES, features: [{ ...first!, log1p: true } as never, ...rest] } },
    ],
    ['a match is with another trait', { features: { ...FEATURES, features: [...FEATURES.features, LIKES] } }],
    ['an objective is left out', { objectives: OBJECTIVES.slice(1) }],
    ['an objective adds up otherwise', { objectives: change({ aggregate: 'any' }) }],
    ['an objective counts other events', { objectives: change({ events: ['Subscribed'] }) }],
    ['an objective reads another property', { objectives: change({ valueProperty: 'margin' }) }],
    ['an objective has another window', { objectives: change({ windowHours: 24 }) }],
    ['an objective is valued by another model', { objectives: change({ model: 'response' }) }],
    ['claims are measured in other effects', { objectives: change({ priorEffectSd: 1 }) }],
    ['claims are in another unit', { objectives: change({ scale: 2 }) }],
  ])('changes when %s', (_, over) => {
    expect(hash(over)).not.toBe(hash())
  })

  it.each<[string, Parameters<typeof encoderOf>[0]]>([
    ['nothing changes', {}],
    ['a weight changes', { objectives: change({ weight: 5 }) }],
    ['another effect is expected', { objectives: change({ priorEffect: { push: 9 } }) }],
    ['a unit is called otherwise', { objectives: change({ unit: 'USD' }) }],
  ])('stays when %s', (_, over) => {
    expect(hash(over)).toBe(hash())
  })
})

it('counts the declared columns', () => {
  expect(declaredWidth(FEATURES)).toBe(1 + 2 + 1 + 1)
})

describe('hours of a segment', () => {
  const features: FeatureSchema = {
    ...FEATURES,
    features: [...FEATURES.features, { kind: 'category', name: 'work', source: 'user', values: ['shift', 'office'] }],
    hoursBy: 'work',
  }
  const encoder = encoderOf({ features })
  const of = (work: string) => contextAt(NOW, person({ traits: { work } }))
  const namesOf = (work: string) =>
    ['hour sine', 'hour cosine', 'half-day sine', 'half-day cosine', 'weekend'].map(
      (name) => `slot ${name} of user.work=${work}`,
    )

  it('are the columns of the moment once more for the user’s own segment, and 0 for every other', () => {
    const columns = columnsOf(sendOf({ sendAt: NOW + 5 * HOUR_MS }), of('office'), encoder)
    const [sine, cosine] = [columns['slot hour sine']!, columns['slot hour cosine']!]
    expect(namesOf('office').map((name) => columns[name])).toEqual([
      ...[sine, cosine, 2 * sine * cosine, 2 * cosine * cosine - 1],
      columns['slot weekend'],
    ])
    for (const name of namesOf('shift')) expect(columns[name]).toBe(0)
  })

  it('are 0 for who is in no segment, and not there where none is declared', () => {
    const columns = columnsOf(sendOf(), of('retired'), encoder)
    for (const work of ['office', 'shift']) for (const name of namesOf(work)) expect(columns[name]).toBe(0)
    const { hoursBy, ...without } = features
    expect(hoursBy).toBe('work')
    expect(encoderOf({ features: without }).actionNames.length).toBe(encoder.actionNames.length - 10)
  })

  it('are the same for many actions at once as one by one', () => {
    const actions = [0, 5, 11].map((hours) => sendOf({ sendAt: NOW + hours * HOUR_MS }))
    const width = encoder.actionNames.length
    const rows = emptyActionRows(actions.length, width)
    encoder.encodeActions(of('shift'), actions, rows)
    actions.forEach((action, i) => {
      const full = fullRow(rows, i, new Float64Array(width))
      expect(Object.fromEntries(encoder.actionNames.map((name, j) => [name, full[j]]))).toEqual(
        columnsOf(action, of('shift'), encoder),
      )
    })
  })
})
