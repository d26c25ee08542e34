import { describe, expect, it } from 'vitest'
import { qiniEstimate } from '../evaluation/index.ts'
import { randomFrom } from '../random/index.ts'
import { type Estimate, effectPValue } from '../statistics/index.ts'
import { heterogeneityOf } from './heterogeneity.ts'
import { segmentEffects } from './segment-effects.ts'
import { testSplit } from './split-test.ts'
import { splitUsers } from './split-users.ts'
import { worldOfEffects } from './testing/world-of-effects.ts'

const NONE = { share: 0.3, average: 0.3, slope: 0, isSkewed: true }

function covers(estimate: Estimate, truth: number): boolean {
  return estimate.kind === 'estimate' && estimate.low <= truth && truth <= estimate.high
}

function shareOf(runs: number, isHit: (run: number) => boolean): number {
  let hits = 0
  for (let run = 0; run < runs; run++) if (isHit(run)) hits++
  return hits / runs
}

describe('tests for heterogeneity, where the effect is the same for everybody', () => {
  it('one split rejects at its level, with skewed responses and unequal groups', () => {
    const p = Array.from({ length: 2500 }, (_, run) => {
      const users = worldOfEffects(`null ${run}`, { ...NONE, users: 500 })
      const parts = splitUsers(users.treated, [0.5, 0.5], `split ${run}`)
      const how = { learn: (part: number) => part === 0, test: 1, level: 0.95, key: `${run}` }
      return effectPValue(testSplit(users, parts, how).predictor.heterogeneity, { alternative: 'different' })!
    })
    for (const level of [0.05, 0.1, 0.5]) {
      const tolerance = level === 0.5 ? 0.02 : 0.01
      const share = shareOf(p.length, (run) => p[run]! < level)
      expect(Math.abs(share - level)).toBeLessThan(tolerance)
    }
  })

  it('the sequential p rejects at its level, and twice the median p at most as often', () => {
    const found = Array.from({ length: 1500 }, (_, run) => {
      const users = worldOfEffects(`both ${run}`, { ...NONE, users: 500 })
      const answer = heterogeneityOf(users, { splits: 1, level: 0.95, seed: `${run}` })
      if (answer.kind === 'undefined') throw new Error(answer.reason)
      return answer
    })
    const sequential = shareOf(found.length, (run) => found[run]!.sequentialPValue! < 0.05)
    expect(Math.abs(sequential - 0.05)).toBeLessThan(0.01)
    expect(shareOf(found.length, (run) => found[run]!.pValue! < 0.05)).toBeLessThan(0.06)
  })

  it('finds planted heterogeneity', () => {
    const found = Array.from({ length: 60 }, (_, run) => {
      const users = worldOfEffects(`planted ${run}`, { users: 1500, share: 0.5, average: 0.2, slope: 0.3 })
      const answer = heterogeneityOf(users, { splits: 7, level: 0.95, seed: `${run}` })
      if (answer.kind === 'undefined') throw new Error(answer.reason)
      return answer
    })
    expect(shareOf(60, (run) => found[run]!.pValue! < 0.05)).toBeGreaterThan(0.8)
    expect(shareOf(60, (run) => found[run]!.sequentialPValue! < 0.05)).toBeGreaterThan(0.9)
    expect(shareOf(60, (run) => covers(found[run]!.average, 0.2))).toBeGreaterThan(0.95)
  })
})

describe('effects by segment', () => {
  it('have intervals that cover the truth as often as they say, of segments large and small', () => {
    const runs = 1500
    const hits = { few: 0, many: 0, difference: 0 }
    for (let run = 0; run < runs; run++) {
      const users = worldOfEffects(`segments ${run}`, {
        users: 800,
        share: 0.3,
        average: 0.3,
        slope: 0,
        isSkewed: true,
      })
      // One user in five has an effect that is larger by .2.
      const values = users.keys.map((_, i) => (i % 5 === 0 ? 'few' : 'many'))
      const responses = Float64Array.from(users.responses, (y, i) => y + (i % 5 === 0 ? 0.2 * users.treated[i]! : 0))
      const [few, many] = segmentEffects({ ...users, responses }, values, { level: 0.95, seed: `${run}` })
      if (covers(few!.effect, 0.5)) hits.few++
      if (covers(many!.effect, 0.3)) hits.many++
      if (covers(few!.against, 0.2)) hits.difference++
    }
    for (const [name, count] of Object.entries(hits)) {
      expect(Math.abs(count / runs - 0.95), name).toBeLessThan(0.01)
    }
  })
})

describe('the interval of Qini', () => {
  // Responses .2, and .3 s more for the treated with rank s from below: the truth is known in closed form.
  const [share, base, slope] = [0.3, 0.2, 0.3]
  const area = share * (slope / 3 - slope / 4)
  const ofTreated = share * (base + slope / 2)
  const ofOthers = (1 - share) * base
  const end = ofTreated - (ofOthers * share) / (1 - share)
  const perfect =
    ofTreated ** 2 / 2 + (1 - ofTreated - ofOthers) * ofTreated + (ofOthers * (ofTreated + end)) / 2 - end / 2

  it('covers the true area and coefficient as often as it says', () => {
    const hits = { area: 0, coefficient: 0 }
    const runs = 4000
    for (let run = 0; run < runs; run++) {
      const random = randomFrom(`qini ${run}`)
      const scores = Float64Array.from({ length: 600 }, random)
      const treated = Uint8Array.from(scores, () => (random() < share ? 1 : 0))
      const responded = Uint8Array.from(scores, (s, i) => (random() < base + treated[i]! * slope * s ? 1 : 0))
      const found = qiniEstimate({ scores, treated, responded }, 0.95)
      for (const [name, truth] of [
        ['area', area],
        ['coefficient', area / perfect],
      ] as const) {
        if (covers(found[name], truth)) hits[name]++
      }
    }
    expect(Math.abs(hits.area / runs - 0.95)).toBeLessThan(0.01)
    expect(Math.abs(hits.coefficient / runs - 0.95)).toBeLessThan(0.01)
  })
})
