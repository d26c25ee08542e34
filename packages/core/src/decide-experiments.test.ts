import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Decision, ExperimentSetup, Snapshot, VariantChange } from './domain/index.ts'
import { DEFAULT_CONSENT, userId } from './domain/index.ts'
import { BUCKETS, snapshotFor } from './experiment/index.ts'
import { runningOf } from './experiment/testing/scenes.ts'
import { groupsOf, NOW, person, requestOf, snapshotOf, THOMPSON, twoWordings } from './testing/decision-scene.ts'

const CAPS = [{ name: 'one', max: 1, window: { kind: 'rolling', hours: 24 } }] as const
const CAPPED: VariantChange = { rules: { caps: CAPS } }
const SETUP: ExperimentSetup = { running: [], layers: [], withholding: null }

/** Everybody in the second variant of one experiment. */
function inside(change: VariantChange, over: Partial<Snapshot> = {}): Snapshot {
  const variants = [
    { name: 'control', change: {} },
    { name: 'new', change },
  ]
  const running = [runningOf({ key: 'test', variants, weights: { control: 0, new: BUCKETS } })]
  return snapshotOf({ ...over, experiments: { ...SETUP, running } })
}

const proposals = [twoWordings('a'), twoWordings('b')]
const random = (): number => 0.42
const made = (snapshot: Snapshot, request = requestOf(proposals)): Decision =>
  decide(snapshot, request, { now: NOW, random })

/** Everything a decision is, but what it says of experiments. */
function withoutExperiment({ assignments, ...rest }: Decision): unknown {
  return rest
}

describe('decide in an experiment', () => {
  it.each<readonly [string, VariantChange, Partial<Snapshot>]>([
    [
      'another policy',
      { policy: { kind: 'greedy', floor: 0.1 } },
      { groups: groupsOf('paloma', { kind: 'greedy', floor: 0.1 }) },
    ],
    ['other prices', { prices: { 'channel:push': 0.2 } }, { prices: { 'channel:push': 0.2 } }],
    [
      'other weights',
      { weights: { conversion: -3 } },
      { objectives: snapshotOf().objectives.map((o) => (o.name === 'conversion' ? { ...o, weight: -3 } : o)) },
    ],
    ['other limits', CAPPED, { rules: { ...snapshotOf().rules, caps: CAPS } }],
  ])('decides with %s as if it were the owner’s', (_, change, over) => {
    const base = snapshotOf()
    const user = person({ traits: { orders: 3 } })
    const sends = [
      { at: NOW - 1_000, channel: 'push', category: 'marketing', message: 'm', topic: 't', opportunityId: 'o' },
    ] as const
    const request = requestOf(proposals, { user: { ...user, history: { ...user.history, sends } } })
    const inVariant = made(inside(change), request)
    expect(withoutExperiment(inVariant)).toEqual(
      withoutExperiment(made({ ...base, ...over, state: base.state }, request)),
    )
    expect(withoutExperiment(inVariant)).not.toEqual(withoutExperiment(made(base, request)))
  })

  it('says in the record which variant, in which phase, and that it could matter', () => {
    const { assignments } = made(inside({ policy: { kind: 'greedy', floor: 0 } }))
    expect(assignments).toEqual([
      { experiment: 'group', variant: 'paloma' },
      { experiment: 'test', variant: 'new', phase: 0, exposed: true, moved: false },
    ])
    const [, alone] = made(inside({ policy: { kind: 'greedy', floor: 0 } }), requestOf([])).assignments
    expect(alone).toMatchObject({ exposed: false })
  })

  it('refuses what the variant withholds, saying which experiment did', () => {
    const { actions, refused } = made(inside({ messages: { 'message-a': { kind: 'withhold' } } }))
    expect(actions.some((action) => action.kind === 'send' && action.opportunityId === 'a')).toBe(false)
    expect(actions.some((action) => action.kind === 'send' && action.opportunityId === 'b')).toBe(true)
    const why = refused.flatMap(({ refusals }) => refusals).filter(({ reason }) => reason === 'withheld')
    expect(new Set(why.map(({ rule }) => rule))).toEqual(new Set(['test']))
  })

  it('leaves who is not to be explored on as if there were no experiment', () => {
    const user = person({ consent: { ...DEFAULT_CONSENT, exploration: false } })
    const request = requestOf(proposals, { user })
    const snapshot = inside({ messages: { 'message-a': { kind: 'withhold' } } })
    expect(made(snapshot, request)).toEqual(made(snapshotOf(), request))
  })

  it('leaves other users as if there were no experiment, and gives the same record from a stored snapshot', () => {
    const snapshot = inside({ policy: { kind: 'greedy', floor: 0 } })
    const running = snapshot.experiments!.running.map((each) => ({
      ...each,
      phases: each.phases.map((phase) => ({ ...phase, traffic: BUCKETS / 2 })),
    }))
    const half: Snapshot = { ...snapshot, groups: groupsOf('paloma', THOMPSON), experiments: { ...SETUP, running } }
    const { state, ...parts } = half
    const stored: Snapshot = { ...JSON.parse(JSON.stringify(parts)), state }
    let inExperiment = 0
    for (let i = 0; i < 200; i += 1) {
      const request = requestOf(proposals, { user: person({ userId: userId(`user-${i}`) }) })
      const record = made(half, request)
      expect(made(stored, request)).toEqual(record)
      inExperiment += record.assignments.length - 1
      if (record.assignments.length === 1) expect(record).toEqual(made(snapshotOf(), request))
    }
    expect(inExperiment).toBeGreaterThan(60)
    expect(inExperiment).toBeLessThan(140)
  })

  it('is derived once per combination of variants', () => {
    const snapshot = inside(CAPPED)
    const [one, two] = ['u1', 'u2'].map((id) => snapshotFor(snapshot, person({ userId: userId(id) }).profile, NOW))
    expect(one).toBe(two)
    expect(one!.rules.caps).toEqual(CAPS)
  })
})
