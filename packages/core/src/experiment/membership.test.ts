import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/assignment.json' with { type: 'json' }
import { DEFAULT_CONSENT, type RunningExperiment } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { type Membership, membershipOf } from './membership.ts'
import { runningOf, subjectOf, USERS } from './testing/scenes.ts'
import { rangesOf, reweighted } from './variant-ranges.ts'

const { experiment, cases: known } = cases.memberships
const shared: RunningExperiment = { ...runningOf({ salt: experiment.salt }), ...experiment }

const variantOf = (membership: Membership | null): string | null => membership?.variant ?? null

/** χ² of the counts against the shares. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const n = counts.reduce((sum, count) => sum + count, 0)
  const total = shares.reduce((sum, share) => sum + share, 0)
  return counts.reduce((sum, count, i) => {
    const expected = (n * shares[i]!) / total
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

describe('membershipOf', () => {
  it('answers what the independent program answers, along a ramp', () => {
    for (const { userId, now, variant, phase, moved } of known) {
      const found = membershipOf(shared, subjectOf(userId), now)
      expect([userId, now, variantOf(found)]).toEqual([userId, now, variant])
      if (found !== null) expect(found).toEqual({ variant, phase, moved, counts: true })
    }
  })

  it('keeps users in their variant while traffic grows', () => {
    for (const user of USERS.slice(0, 2_000)) {
      const [before, after] = [1_000, 2_000].map((now) => variantOf(membershipOf(shared, subjectOf(user), now)))
      if (before !== null) expect(after).toBe(before)
    }
  })

  it('marks exactly those whom a change of weights moved after they had taken part', () => {
    const members = USERS.flatMap((user) => membershipOf(shared, subjectOf(user), 3_000) ?? [])
    const moved = members.filter((each) => each.moved)
    expect(moved.every(({ variant }) => variant === 'short')).toBe(true)
    // 30 % change variant, of whom the 60 % count that took part before.
    expect(moved.length / members.length).toBeGreaterThan(0.165)
    expect(moved.length / members.length).toBeLessThan(0.195)
  })

  it('never moves a user between variants for growing traffic, and marks every other move', () => {
    const step = fc.record({
      traffic: fc.integer({ min: 0, max: BUCKETS }),
      control: fc.integer({ min: 0, max: BUCKETS }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const phases: RunningExperiment['phases'][number][] = []
        steps.forEach(({ traffic, control }, since) => {
          const weights = [
            { name: 'control', share: control },
            { name: 'greedy', share: BUCKETS - control },
          ]
          const last = phases.at(-1)
          phases.push({ since, traffic, ranges: last ? reweighted(last.ranges, weights) : rangesOf(weights) })
        })
        const ramped = { ...runningOf(), phases }
        for (const user of USERS.slice(0, 50)) {
          const path = phases.map(({ since }) => membershipOf(ramped, subjectOf(user), since))
          path.forEach((here, i) => {
            if (here === null) return
            const others = path.slice(0, i).some((earlier) => earlier !== null && earlier.variant !== here.variant)
            expect(here.moved).toBe(others)
            const before = path[i - 1]
            const isSameSplit = JSON.stringify(phases[i]!.ranges) === JSON.stringify(phases[i - 1]?.ranges)
            if (before && isSameSplit) expect(here.variant).toBe(before.variant)
          })
        }
      }),
      { seed: 5, numRuns: 40 },
    )
  })

  it('keeps the planned split of traffic and variants over many salts', () => {
    const weights = { control: 200_000, a: 300_000, greedy: 500_000 }
    const variants = Object.keys(weights).map((name) => ({ name, change: {} }))
    const shares = [...Object.values(weights).map((w) => w * 0.4), 600_000]
    const chis = Array.from({ length: 100 }, (_, i) => {
      const ours = runningOf({ key: `salt-${i}`, variants, weights, traffic: 400_000 })
      const counts: Record<string, number> = { control: 0, a: 0, greedy: 0, none: 0 }
      for (const user of USERS.slice(0, 2_000)) {
        const name = membershipOf(ours, subjectOf(user), 1)?.variant ?? 'none'
        counts[name] = counts[name]! + 1
      }
      return chiSquare(Object.values(counts), shares)
    })
    // χ²(3): mean 3, variance 6; 5 of 100 beyond 7.815.
    const mean = chis.reduce((sum, chi) => sum + chi, 0) / chis.length
    expect(Math.abs(mean - 3)).toBeLessThan(4 * Math.sqrt(6 / 100))
    expect(chis.filter((chi) => chi > 7.815).length).toBeLessThanOrEqual(13)
    expect(Math.max(...chis)).toBeLessThan(25)
  })

  it('draws variants independently of another experiment, and of who takes part', () => {
    const [a, b] = [runningOf({ key: 'a', traffic: 500_000 }), runningOf({ key: 'b' })]
    const counts = [0, 0, 0, 0]
    for (const user of USERS) {
      const first = membershipOf(a, subjectOf(user), 1)
      const second = membershipOf(b, subjectOf(user), 1)!
      if (first !== null) counts[(first.variant === 'control' ? 0 : 2) + (second.variant === 'control' ? 0 : 1)]! += 1
    }
    // χ²(3): 0.9999 quantile 21.1.
    expect(chiSquare(counts, [1, 1, 1, 1])).toBeLessThan(21.1)
  })

  it('has no user in two experiments of one layer, whatever their buckets', () => {
    const cut = fc.uniqueArray(fc.integer({ min: 0, max: BUCKETS }), { minLength: 3, maxLength: 6 })
    fc.assert(
      fc.property(cut, fc.string(), (cuts, salt) => {
        const edges = [...cuts].sort((x, y) => x - y)
        const others = edges.slice(1).map((until, i) => {
          const layer = { name: 'l', salt, from: edges[i]!, until }
          return { ...runningOf({ key: `e${i}` }), layer }
        })
        for (const user of USERS.slice(0, 100)) {
          const found = others.filter((each) => membershipOf(each, subjectOf(user), 1) !== null)
          expect(found.length).toBeLessThanOrEqual(1)
        }
      }),
      { seed: 7, numRuns: 50 },
    )
  })

  it.each([
    ['before the first phase', subjectOf('u'), -1],
    ['of another group', subjectOf('u', {}, 'random'), 1],
    ['outside the traits', subjectOf('u', { traits: { country: 'FR' } }), 1],
    ['who is not to be explored on', subjectOf('u', { consent: { ...DEFAULT_CONSENT, exploration: false } }), 1],
  ])('leaves out a user %s', (_, subject, now) => {
    const ours = runningOf({ targeting: [{ kind: 'noneOf', trait: 'country', values: ['FR'] }] })
    expect(membershipOf(ours, subject, now)).toBeNull()
    expect(membershipOf(ours, subjectOf('u'), 1)).not.toBeNull()
  })
})

describe('a switchback experiment', () => {
  const { salt, slotMinutes, washoutMinutes, since, cases: moments } = cases.slots
  const variants = ['off', 'on'].map((name) => ({ name, change: {} }))
  const weights = { off: BUCKETS / 2, on: BUCKETS / 2 }
  const started = runningOf({ salt, variants, weights, unit: { kind: 'switchback', slotMinutes, washoutMinutes } })
  const ours = { ...started, phases: started.phases.map((phase) => ({ ...phase, since })) }

  it.each(moments)('has slot $slot with $variant at $now, counting: $counts', ({ now, slot, variant, counts }) => {
    const found = membershipOf(ours, subjectOf('anybody'), now)
    expect(found).toEqual({ variant, phase: 0, moved: false, counts, slot })
  })

  describe('of clusters', () => {
    const unit = { ...ours.unit, clusterTrait: 'city' } as typeof ours.unit
    const inCity = (city: string | number | undefined, now: number) =>
      membershipOf({ ...ours, unit }, subjectOf('u', { traits: city === undefined ? {} : { city } }), now)
    const times = Array.from({ length: 400 }, (_, i) => since + (i + 1) * slotMinutes * 60_000 - 1)

    it('draws each slot of each cluster by itself', () => {
      const drawn = (city: string) => times.map((now) => inCity(city, now)?.variant)
      const [ulm, bonn] = [drawn('Ulm'), drawn('Bonn')]
      expect(drawn('Ulm')).toEqual(ulm)
      const share = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length
      // Four standard errors of 400 fair draws are .1.
      expect(Math.abs(share(ulm.map((variant) => variant === 'on')) - 0.5)).toBeLessThan(0.1)
      expect(Math.abs(share(ulm.map((variant, i) => variant === bonn[i])) - 0.5)).toBeLessThan(0.1)
    })

    it('names cluster and slot, and leaves out who is in none', () => {
      expect(inCity('Ulm', times[0]!)).toMatchObject({
        cluster: 'Ulm',
        slot: Math.floor(times[0]! / slotMinutes / 60_000),
      })
      expect(inCity(7, times[0]!)).toMatchObject({ cluster: '7' })
      expect([inCity(undefined, times[0]!), inCity('', times[0]!)]).toEqual([null, null])
    })

    it('washes out where the variant of that cluster changed', () => {
      const starts = times.map((now) => now + 1)
      const changed = times.map((now, i) => inCity('Ulm', now)?.variant !== inCity('Ulm', starts[i]!)?.variant)
      expect(starts.map((now) => inCity('Ulm', now)?.counts)).toEqual(changed.map((hasChanged) => !hasChanged))
      expect(changed).toContain(true)
    })
  })

  it('has everybody in the same variant at the same moment', () => {
    const now = moments[5]!.now
    const found = new Set(USERS.slice(0, 200).map((user) => membershipOf(ours, subjectOf(user), now)?.variant))
    expect(found.size).toBe(1)
  })
})
