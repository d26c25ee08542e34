import { describe, expect, it } from 'vitest'
import { mixFloor, sampleIndex, thompson } from '../policy/index.ts'
import { hash53, randomFrom } from '../random/index.ts'
import { banditFromBytes, banditToBytes } from './bandit-bytes.ts'
import { type ContextualBandit, createBandit } from './contextual-bandit.ts'
import { learnBandit } from './learn-bandit.ts'
import { type BanditPrediction, predictBandit, richShare } from './predict-bandit.ts'

function predictionOf(actions: number): BanditPrediction {
  return { means: new Float64Array(actions), variances: new Float64Array(actions) }
}

/** Decides and learns rows [from, to) of a stream in which the best action is where the first feature says. */
function live(bandit: ContextualBandit, from: number, to: number): readonly number[] {
  const out = predictionOf(bandit.actions)
  const chosen: number[] = []
  for (let t = from; t < to; t++) {
    const random = randomFrom(`context ${t}`)
    const context = Float64Array.from({ length: bandit.features }, random)
    predictBandit(bandit, context, out)
    const action = sampleIndex(mixFloor(thompson(out.means, out.variances, 30), 0.01), hash53('draw', String(t)))
    chosen.push(action)
    const best = Math.min(bandit.actions - 1, Math.floor(context[0]! * bandit.actions))
    learnBandit(bandit, context, { action, reward: action === best ? 1 : 0 })
  }
  return chosen
}

describe('contextual bandit', () => {
  it('gives the ridge solution of the rewards that an action has had', () => {
    // One feature, no waves: precision .03 · mean squared norm, prior mean (.5, 0).
    const bandit = createBandit({ actions: 2, features: 1 }, { waves: 0 })
    const rows = [
      [0.2, 1],
      [0.9, 0],
      [0.4, 0.5],
    ] as const
    for (const [x, reward] of rows) learnBandit(bandit, [x], { action: 1, reward })
    const out = predictionOf(2)
    predictBandit(bandit, [0.7], out)
    const ridge = 0.03 * (1 + 0.2 ** 2)
    const [a, b, c] = rows.reduce(([p, q, r], [x]) => [p + 1, q + x, r + x * x], [ridge, 0, ridge])
    const [u, v] = rows.reduce(([p, q], [x, y]) => [p + y, q + x * y], [0.5 * ridge, 0])
    const det = a * c - b * b
    expect(out.means[1]).toBeCloseTo((c * u - b * v) / det + ((a * v - b * u) / det) * 0.7, 10)
    expect(out.means[0]).toBe(0.5)
    // Without waves the spread knows an intercept only: three rewards and a prior worth .03 of one.
    const noise = out.variances[1]! * 3.03
    expect(noise).toBeGreaterThan(0.15)
    expect(noise).toBeLessThan(0.25)
  })

  it('learns which action is best where, and bends that no straight line could follow', () => {
    const bandit = createBandit({ actions: 5, features: 3 })
    live(bandit, 0, 4000)
    const chosen = live(bandit, 4000, 5000)
    let right = 0
    chosen.forEach((action, i) => {
      const first = randomFrom(`context ${4000 + i}`)()
      if (action === Math.floor(first * 5)) right += 1
    })
    // Straight lines can tell at best the outer two of five steps from the rest.
    expect(right).toBeGreaterThan(800)
  })

  it('changes the heads of no other action', () => {
    const bandit = createBandit({ actions: 6, features: 2 })
    live(bandit, 0, 50)
    const before = Float64Array.from(bandit.weights)
    learnBandit(bandit, [0.3, 0.7], { action: 4, reward: 1 })
    // Action 4 is the first of the second four.
    const lanes = bandit.weights.map((weight, i) => Number(weight !== before[i]))
    expect(lanes.subarray(0, 4 * bandit.dimension).every((changed) => changed === 0)).toBe(true)
    lanes.subarray(4 * bandit.dimension).forEach((changed, i) => {
      expect(changed).toBe(i % 4 === 0 ? 1 : 0)
    })
  })

  it('believes straight lines where they are the truth, and waves where they are not', () => {
    const shareAfter = (reward: (x: number) => number): number => {
      const bandit = createBandit({ actions: 1, features: 1 })
      for (let t = 0; t < 1500; t++) {
        const [x, noise] = [hash53('x', String(t)), hash53('noise', String(t))]
        learnBandit(bandit, [x], { action: 0, reward: reward(x) + 0.5 * (noise - 0.5) })
      }
      return richShare(bandit)
    }
    expect(shareAfter((x) => 0.2 + 0.5 * x)).toBeLessThan(0.5)
    expect(shareAfter((x) => (x > 0.3 && x < 0.6 ? 1 : 0))).toBe(1)
  })

  it('never grows less certain at a context it learns again', () => {
    const bandit = createBandit({ actions: 1, features: 4 })
    const out = predictionOf(1)
    let last = Infinity
    for (let n = 0; n < 30; n++) {
      learnBandit(bandit, [0.1, 0.9, 0, 0.5], { action: 0, reward: 0.5 })
      predictBandit(bandit, [0.1, 0.9, 0, 0.5], out)
      expect(out.variances[0]).toBeLessThan(last)
      last = out.variances[0]!
    }
  })

  it('goes on bit for bit after it was stored and read back', () => {
    const [whole, parted] = [createBandit({ actions: 7, features: 5 }), createBandit({ actions: 7, features: 5 })]
    const straight = [...live(whole, 0, 150), ...live(whole, 150, 400)]
    const first = live(parted, 0, 150)
    const restored = banditFromBytes(banditToBytes(parted))
    expect([...first, ...live(restored, 150, 400)]).toEqual(straight)
    expect(banditToBytes(restored)).toEqual(banditToBytes(whole))
  })

  it.each([
    [
      'a reward that is no number',
      [0, 0],
      { action: 0, reward: Number.NaN },
      'reward must be a finite number within ±1e+100, got NaN',
    ],
    ['an infinite reward', [0, 0], { action: 0, reward: -Infinity }, 'reward must be a finite number within ±1e+100'],
    ['a reward whose square is none', [0, 0], { action: 0, reward: 1e300 }, 'within ±1e+100, got 1e+300'],
    ['an unknown action', [0, 0], { action: 3, reward: 1 }, 'action must be a whole number in [0, 3), got 3'],
    ['a short context', [0], { action: 0, reward: 1 }, 'context.length must be 2, got 1'],
    [
      'an infinite feature',
      [0, Infinity],
      { action: 0, reward: 1 },
      'context[1] must be a finite number whose square is one too, got Infinity',
    ],
  ])('refuses %s and keeps what it knew', (_, context, reward, message) => {
    const bandit = createBandit({ actions: 3, features: 2 })
    live(bandit, 0, 20)
    const before = banditToBytes(bandit)
    expect(() => learnBandit(bandit, context, reward)).toThrow(message)
    expect(banditToBytes(bandit)).toEqual(before)
  })

  it.each([
    ['of size 1e9', (u: number) => [1e9 * u, 1, u]],
    ['of size 1e150', (u: number) => [1e150 * u, 1, u]],
    ['of size 1e-12', (u: number) => [1e-12 * u, 0, -1e-12]],
    ['that never change', () => [1, 1, 1]],
    ['that are all 0', () => [0, 0, 0]],
    ['of which one is nearly always 0, else 1e9', (u: number) => [u < 0.01 ? 1e9 : 0, 1e-6, u]],
    ['of which one is nearly always 0, else 1e12', (u: number) => [u < 0.01 ? 1e12 : 0, 1e-6, u]],
  ])('keeps its numbers finite, and finds the best of three actions, with features %s', (_, contextAt) => {
    const bandit = createBandit({ actions: 3, features: 3 })
    const random = randomFrom(`ugly-${_}`)
    const out = { means: new Float64Array(3), variances: new Float64Array(3) }
    let best = 0
    for (let t = 0; t < 2_000; t++) {
      const context = contextAt(random())
      predictBandit(bandit, context, out)
      const p = mixFloor(thompson(out.means, out.variances, 1), 0.06)
      expect(Math.abs(p.reduce((sum, q) => sum + q, 0) - 1)).toBeLessThan(1e-9)
      expect(Math.min(...p)).toBeGreaterThanOrEqual(0.02 - 1e-12)
      const action = sampleIndex(p, random())
      if (t >= 1_000 && action === 1) best += 1
      learnBandit(bandit, context, { action, reward: 1e6 * (action === 1 ? 1 : -1) })
    }
    expect(best).toBeGreaterThan(600)
  })

  it('refuses shapes and bytes that cannot be', () => {
    expect(() => createBandit({ actions: 0, features: 2 })).toThrow('actions must be a whole number ≥ 1, got 0')
    expect(() => createBandit({ actions: 2, features: 1.5 })).toThrow('features must be a whole number ≥ 0, got 1.5')
    const bytes = banditToBytes(createBandit({ actions: 2, features: 1 }))
    expect(() => banditFromBytes(bytes.slice(0, 40))).toThrow('at least 48 bytes, got 40')
    const damaged = Uint8Array.from(bytes)
    new DataView(damaged.buffer).setFloat64(8, 1e12, true)
    expect(() => banditFromBytes(damaged)).toThrow(/^length must be at least \d+ bytes/)
    expect(() => banditFromBytes(bytes.slice(0, -8))).toThrow('length must be beyond')
    expect(() => banditFromBytes(Uint8Array.of(...bytes, ...new Uint8Array(8)))).toThrow('length must be')
  })
})
