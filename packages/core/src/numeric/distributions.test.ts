import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/distributions.json' with { type: 'json' }
import {
  betaQuantile,
  betaTail,
  binomialTail,
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareUpper,
  fQuantile,
  fTail,
  gammaQuantile,
  gammaTail,
  normalCdf,
  normalQuantile,
  type Tail,
  tCdf,
  tQuantile,
} from './distributions.ts'

interface Distribution {
  readonly tail: (x: number, parameters: readonly number[], tail: Tail) => number
  readonly quantile: ((probability: number, parameters: readonly number[], tail: Tail) => number) | null
}

const DISTRIBUTIONS: Readonly<Record<Exclude<keyof typeof cases, 'about'>, Distribution>> = {
  normal: {
    tail: (x, _, tail) => normalCdf(tail === 'lower' ? x : -x),
    quantile: (p, _, tail) => (tail === 'lower' ? normalQuantile(p) : -normalQuantile(p)),
  },
  t: {
    tail: (x, [k], tail) => tCdf(tail === 'lower' ? x : -x, k!),
    quantile: (p, [k], tail) => (tail === 'lower' ? tQuantile(p, k!) : -tQuantile(p, k!)),
  },
  chiSquare: {
    tail: (x, [k], tail) => (tail === 'lower' ? chiSquareCdf(x, k!) : chiSquareUpper(x, k!)),
    quantile: (p, [k], tail) => chiSquareQuantile(p, k!, tail),
  },
  gamma: {
    tail: (x, [shape, rate], tail) => gammaTail(x, { shape: shape!, rate: rate!, tail }),
    quantile: (p, [shape, rate], tail) => gammaQuantile(p, { shape: shape!, rate: rate!, tail }),
  },
  beta: {
    tail: (x, [a, b], tail) => betaTail(x, { a: a!, b: b!, tail }),
    quantile: (p, [a, b], tail) => betaQuantile(p, { a: a!, b: b!, tail }),
  },
  f: {
    tail: (x, [top, bottom], tail) => fTail(x, [top!, bottom!], tail),
    quantile: (p, [top, bottom], tail) => fQuantile(p, [top!, bottom!], tail),
  },
  binomial: { tail: (k, [n, p], tail) => binomialTail(k, { n: n!, p: p!, tail }), quantile: null },
}

const KINDS = ['normal', 't', 'chiSquare', 'gamma', 'beta', 'f', 'binomial'] as const

function relativeError(found: number, expected: number): number {
  return Math.abs(found / expected - 1)
}

describe('distributions', () => {
  it.each(KINDS)('of kind %s have both tails to 1e-9', (kind) => {
    for (const { parameters, x, lower, upper } of cases[kind]) {
      const { tail } = DISTRIBUTIONS[kind]
      expect(relativeError(tail(x, parameters, 'lower'), lower), `lower ${kind} ${parameters} at ${x}`).toBeLessThan(
        1e-9,
      )
      expect(relativeError(tail(x, parameters, 'upper'), upper), `upper ${kind} ${parameters} at ${x}`).toBeLessThan(
        1e-9,
      )
    }
  })

  it.each(KINDS.filter((kind) => kind !== 'binomial'))('of kind %s have quantiles to 1e-9', (kind) => {
    const quantile = DISTRIBUTIONS[kind].quantile!
    for (const { parameters, x, lower, upper } of cases[kind]) {
      const found = lower < upper ? quantile(lower, parameters, 'lower') : quantile(upper, parameters, 'upper')
      expect(relativeError(found, x), `${kind} ${parameters} at ${x}`).toBeLessThan(1e-9)
    }
  })

  it('have quantiles that turn back what tails give', () => {
    // Below shape 1 a beta quantile may lie closer to 1 than doubles can tell.
    const positive = fc.double({ min: 1, max: 500, noNaN: true })
    const probability = fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true })
    fc.assert(
      fc.property(positive, positive, probability, (a, b, p) => {
        expect(betaTail(betaQuantile(p, { a, b }), { a, b })).toBeCloseTo(p, 9)
        expect(gammaTail(gammaQuantile(p, { shape: a, rate: b }), { shape: a, rate: b })).toBeCloseTo(p, 9)
        expect(fTail(fQuantile(p, [a, b]), [a, b])).toBeCloseTo(p, 9)
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  it('have ends where the support ends', () => {
    expect([betaQuantile(0, { a: 2, b: 3 }), betaQuantile(1, { a: 2, b: 3 })]).toEqual([0, 1])
    expect([gammaQuantile(0, { shape: 2, rate: 1 }), gammaQuantile(1, { shape: 2, rate: 1 })]).toEqual([0, Infinity])
    expect(normalQuantile(0)).toBe(-Infinity)
    expect([betaTail(0, { a: 1, b: 1 }), betaTail(1, { a: 1, b: 1 }), gammaTail(-1, { shape: 1, rate: 1 })]).toEqual([
      0, 1, 0,
    ])
    expect([binomialTail(-1, { n: 3, p: 0.5 }), binomialTail(3, { n: 3, p: 0.5 })]).toEqual([0, 1])
  })
})
