import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFeatures, featureDifference } from './encode-features.ts'
import { type ExperimentUsers, usersAt } from './experiment-users.ts'
import { heterogeneityOf } from './heterogeneity.ts'
import { segmentEffects } from './segment-effects.ts'
import { splitUsers } from './split-users.ts'
import { worldOfEffects } from './testing/world-of-effects.ts'

const OPTIONS = { splits: 3, level: 0.95, seed: 'test' }

const PLANTED = worldOfEffects('planted', { users: 1200, share: 0.4, average: 0.2, slope: 0.5 })

/** The same users with the names of the variants exchanged. */
function swapped(users: ExperimentUsers): ExperimentUsers {
  return {
    ...users,
    treated: Uint8Array.from(users.treated, (t) => 1 - t),
    propensity: Float64Array.from(users.propensity, (p) => 1 - p),
  }
}

describe('heterogeneity of effects', () => {
  it('is the same for the same users in another order', () => {
    const backwards = usersAt(
      PLANTED,
      PLANTED.keys.map((_, i) => PLANTED.keys.length - 1 - i),
    )
    expect(heterogeneityOf(backwards, OPTIONS)).toEqual(heterogeneityOf(PLANTED, OPTIONS))
    const values = PLANTED.features.map((row) => (row[1]! > 0 ? 'high' : 'low'))
    expect(segmentEffects(backwards, [...values].reverse(), OPTIONS)).toEqual(segmentEffects(PLANTED, values, OPTIONS))
  })

  it('finds a planted difference, ranks by it, and turns the average when the variants change names', () => {
    const found = heterogeneityOf(PLANTED, OPTIONS)
    const other = heterogeneityOf(swapped(PLANTED), OPTIONS)
    if (found.kind !== 'found' || other.kind !== 'found') throw new Error('no answer')
    expect(found.pValue).toBeLessThan(0.01)
    expect(found.sequentialPValue).toBeLessThan(0.01)
    expect(found.area).toMatchObject({ kind: 'estimate' })
    expect(found.area.kind === 'estimate' && found.area.low).toBeGreaterThan(0)
    // Folds differ, because they are drawn by variant: equal within the noise of the splits.
    expect(found.average.mean! + other.average.mean!).toBeCloseTo(0, 1)
    expect(other.heterogeneity.mean).toBeGreaterThan(0)
    expect(found.qini).toMatchObject({ kind: 'undefined', reason: 'no-test' })
    expect(found.curve?.gains.length).toBeGreaterThan(3)
  })

  it.each([
    [
      'too few users of one variant',
      { ...PLANTED, treated: PLANTED.treated.length > 0 ? new Uint8Array(1200) : [] },
      'too-few-units',
    ],
    ['the same response of everybody', { ...PLANTED, responses: new Float64Array(1200) }, 'zero-variance'],
    [
      'features that are the same for everybody',
      { ...PLANTED, features: PLANTED.features.map(() => [1, 2]) },
      'zero-variance',
    ],
    ['a feature that is no number', { ...PLANTED, features: PLANTED.features.map(() => [Number.NaN]) }, 'not-finite'],
  ])('has a reason for %s', (_, users, reason) => {
    expect(heterogeneityOf(users, OPTIONS)).toEqual({ kind: 'undefined', reason })
  })

  it('refuses no splits', () => {
    expect(() => heterogeneityOf(PLANTED, { ...OPTIONS, splits: 0 })).toThrow('splits must be an integer ≥ 1, got 0')
  })

  it('has no Qini where the chance of treatment differs between users, and the rest all the same', () => {
    const two = {
      ...PLANTED,
      propensity: Float64Array.from(PLANTED.propensity, (p, i) => (i % 2 === 0 ? p : 0.5)),
    }
    const found = heterogeneityOf(two, OPTIONS)
    expect(found).toMatchObject({ kind: 'found', curve: null, area: { kind: 'undefined', reason: 'no-test' } })
    expect(found.kind === 'found' && found.pValue).toBeLessThan(0.05)
  })
})

describe('effects by segment', () => {
  const values = PLANTED.features.map((row) => (row[1]! > 0 ? 'high' : 'low'))

  it('differ where they were made to, sum to the whole, and turn their signs with the variants', () => {
    const [high, low] = segmentEffects(PLANTED, values, OPTIONS)
    expect(high).toMatchObject({ value: 'high', effect: { kind: 'estimate' } })
    expect(high!.effect.mean).toBeGreaterThan(low!.effect.mean!)
    expect(high!.differencePValue).toBeLessThan(0.001)
    expect(high!.against.mean).toBeCloseTo(-low!.against.mean!, 12)
    expect(high!.users + low!.users).toBe(1200)
    const [turned] = segmentEffects(swapped(PLANTED), values, OPTIONS)
    expect(turned!.effect.mean).toBeCloseTo(-high!.effect.mean!, 1)
  })

  it('of a handful of users have no answer', () => {
    const few = values.map((value, i) => (i < 30 ? 'few' : value))
    const found = segmentEffects(PLANTED, few, OPTIONS).find(({ value }) => value === 'few')
    expect(found).toMatchObject({
      users: 30,
      effect: { kind: 'undefined', reason: 'too-few-units' },
      pValue: null,
      against: { kind: 'undefined', reason: 'too-few-units' },
      differencePValue: null,
    })
  })
})

describe('splits of users', () => {
  it('give every part its share of both variants', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1), { minLength: 10, maxLength: 300 }),
        fc.constantFrom([0.5, 0.5], [0.4, 0.2, 0.2, 0.2]),
        fc.string(),
        (treated, shares, key) => {
          const parts = splitUsers(treated, shares, key)
          for (const variant of [0, 1]) {
            const users = treated.filter((t) => t === variant).length
            shares.forEach((share, part) => {
              const own = treated.filter((t, i) => t === variant && parts[i] === part).length
              expect(Math.abs(own - share * users)).toBeLessThanOrEqual(1)
            })
          }
        },
      ),
      { seed: 5, numRuns: 200 },
    )
  })
})

describe('features as numbers', () => {
  it('are scaled, with missing ones told apart, rare names together and constants named', () => {
    const n = 1000
    const { rows, names, constant } = encodeFeatures([
      {
        name: 'age',
        kind: 'number',
        values: Float64Array.from({ length: n }, (_, i) => (i % 10 === 0 ? Number.NaN : i)),
      },
      { name: 'same', kind: 'number', values: new Float64Array(n).fill(3) },
      {
        name: 'plan',
        kind: 'category',
        values: Array.from({ length: n }, (_, i) =>
          i === 7 ? 'rare' : i % 4 === 0 ? null : i % 2 === 0 ? 'free' : 'paid',
        ),
      },
    ])
    expect(names).toEqual(['age', 'age missing', 'plan = free', 'plan = not known'])
    expect(constant).toEqual(['same'])
    const known = rows.filter((row) => row[1] === 0).map((row) => row[0]!)
    expect(known.reduce((sum, x) => sum + x, 0) / known.length).toBeCloseTo(0, 9)
    expect(known.reduce((sum, x) => sum + x * x, 0) / known.length).toBeCloseTo(1, 9)
    expect(rows[0]).toEqual(Float64Array.from([0, 1, 0, 1]))
    const far = encodeFeatures([{ name: 'x', kind: 'number', values: [...Array<number>(999).fill(0), 1e12] }])
    expect(far.rows[999]![0]).toBe(6)
  })

  it('that differ between variants beyond chance are told', () => {
    const { treated, propensity, features } = PLANTED
    const honest = encodeFeatures([{ name: 'before', kind: 'number', values: features.map((row) => row[0]!) }])
    expect(featureDifference(honest, PLANTED)!.pValue).toBeGreaterThan(0.001)
    const after = encodeFeatures([
      { name: 'after', kind: 'number', values: features.map((row, i) => row[0]! + 0.5 * treated[i]!) },
    ])
    expect(featureDifference(after, { treated, propensity })).toMatchObject({ feature: 'after' })
    expect(featureDifference(after, { treated, propensity })!.pValue).toBeLessThan(0.001)
    expect(featureDifference({ rows: features, names: [], constant: [] }, PLANTED)).toBeNull()
  })
})
