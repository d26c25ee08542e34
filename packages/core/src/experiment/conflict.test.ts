import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentDesign, ExperimentSetup, Layer, Snapshot, VariantChange } from '../domain/index.ts'
import { PalomaError, userId } from '../domain/index.ts'
import { groupsOf, NOW, person, snapshotOf } from '../testing/decision-scene.ts'
import { BUCKETS } from './assignment.ts'
import { draftOf, runningPart, startExperiment } from './life-cycle.ts'
import { ownSnapshot } from './own-snapshot.ts'
import { designOf, subjectOf, USERS } from './testing/scenes.ts'

const LAYERS: readonly Layer[] = ['one', 'two'].map((name) => ({ name, salt: `salt-${name}`, holdoutShare: 0 }))

const CHANGES: readonly VariantChange[] = [
  { policy: { kind: 'greedy', floor: 0 } },
  { weights: { conversion: 2 } },
  { weights: { reachability: 3 }, prices: { 'channel:push': 1 } },
  { rules: { caps: [] } },
  { messages: { sale: { kind: 'withhold' } } },
  { prices: { 'channel:push': 2 } },
]

const designs: fc.Arbitrary<readonly ExperimentDesign[]> = fc
  .array(
    fc.record({
      layer: fc.constantFrom(null, ...LAYERS.map(({ name }) => name)),
      cuts: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 4 })),
      isExclusive: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      groups: fc.constantFrom<readonly ('paloma' | 'random')[]>(['paloma'], ['random'], ['paloma', 'random']),
      change: fc.constantFrom(...CHANGES),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((drawn) =>
    drawn.map(({ layer, cuts: [from, size], change, ...rest }, i) =>
      designOf({
        ...rest,
        key: `e${i}`,
        layer:
          layer === null
            ? null
            : { name: layer, from: (from * BUCKETS) / 10, until: (Math.min(10, from + size) * BUCKETS) / 10 },
        variants: [
          { name: 'control', change: {} },
          { name: 'greedy', change },
        ],
      }),
    ),
  )

/** Starts one after the other; those that are refused stay out. */
function started(all: readonly ExperimentDesign[]): readonly Experiment[] {
  const running: Experiment[] = []
  for (const design of all) {
    try {
      running.push(startExperiment(draftOf(design, 0), { at: 0, layers: LAYERS, stateId: 1, faults: [], running }))
    } catch (error) {
      if (!(error instanceof PalomaError) || error.code !== 'EXPERIMENT_CONFLICT') throw error
    }
  }
  return running
}

const setupOf = (running: readonly Experiment[]): ExperimentSetup => ({
  running: running.flatMap((each) => runningPart(each) ?? []),
  layers: [],
  withholding: null,
})

describe('experiments that were let run side by side', () => {
  it('never put a user into two of one layer, into an exclusive one and another, or into two that change the same', () => {
    let together = 0
    fc.assert(
      fc.property(designs, (all) => {
        const running = started(all)
        const snapshot: Snapshot = snapshotOf({ experiments: setupOf(running) })
        for (const user of USERS.slice(0, 60)) {
          for (const group of ['paloma', 'random'] as const) {
            const { participations } = ownSnapshot(snapshot, subjectOf(user, {}, group), NOW)
            const mine = participations.map(
              ({ experiment: { key } }) => running.find((e) => e.design.key === key)!.design,
            )
            together += mine.length > 1 ? 1 : 0
            if (mine.some(({ isExclusive }) => isExclusive)) expect(mine).toHaveLength(1)
            const layers = mine.flatMap(({ layer }) => (layer === null ? [] : [layer.name]))
            expect(new Set(layers).size).toBe(layers.length)
            const things = mine.flatMap(({ variants }) => thingsOf(variants[1]!.change))
            expect(new Set(things).size).toBe(things.length)
          }
        }
      }),
      { seed: 8, numRuns: 150 },
    )
    expect(together).toBeGreaterThan(1_000)
  })

  it('make the same snapshot of a user in whatever order they are read', () => {
    fc.assert(
      fc.property(designs, (all) => {
        const running = started(all)
        const groups = groupsOf('paloma', { kind: 'squareCb', gamma: 3, floor: 0.1 })
        const [forth, back] = [running, [...running].reverse()].map((order) =>
          snapshotOf({ groups, experiments: setupOf(order) }),
        )
        for (const user of USERS.slice(0, 20)) {
          const { profile } = person({ userId: userId(user) })
          const [a, b] = [forth!, back!].map((each) => {
            const { experiments, state, ...own } = ownSnapshot(each, { profile, group: 'paloma' }, NOW).snapshot
            return own
          })
          expect(a).toEqual(b)
        }
      }),
      { seed: 9, numRuns: 60 },
    )
  })
})

function thingsOf({ policy, weights = {}, prices = {}, rules = {}, messages = {} }: VariantChange): readonly string[] {
  const named = [weights, prices, rules, messages].flatMap((part, i) => Object.keys(part).map((name) => `${i} ${name}`))
  return policy === undefined ? named : ['policy', ...named]
}
