import fc from 'fast-check'
import { expect, it } from 'vitest'
import { guaranteeTraffic } from './guarantee-traffic.ts'

it('leaves every new message its part of the guaranteed share, however many actions it has, and takes it from all alike', () => {
  const guaranteed = guaranteeTraffic(Float64Array.of(0.7, 0.3, 0, 0, 0), [null, null, 'a', 'b', 'b'], 0.1)
  expect([...guaranteed].map((p) => Number(p.toFixed(12)))).toEqual([0.63, 0.27, 0.05, 0.025, 0.025])
})

it('changes nothing where nothing is new, and is a floor where everything is', () => {
  const p = Float64Array.of(0.9, 0.1)
  expect(guaranteeTraffic(p, [null, null], 0.2)).toBe(p)
  expect([...guaranteeTraffic(p, ['a', 'b'], 0.5)]).toEqual([0.7, 0.3])
})

it('stays a distribution in which every new message has at least its part', () => {
  const action = fc.record({
    weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
    message: fc.constantFrom(null, 'a', 'b'),
  })
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (actions, share) => {
        const total = actions.reduce((sum, { weight }) => sum + weight, 0)
        const names = actions.map(({ message }) => message)
        const p = guaranteeTraffic(
          Float64Array.from(actions, ({ weight }) => weight / total),
          names,
          share,
        )
        expect(p.reduce((sum, q) => sum + q, 0)).toBeCloseTo(1, 12)
        const fresh = new Set(names.filter((name) => name !== null))
        for (const name of fresh) {
          const part = p.reduce((sum, q, k) => sum + (names[k] === name ? q : 0), 0)
          expect(part).toBeGreaterThanOrEqual(share / fresh.size - 1e-12)
        }
      },
    ),
    { seed: 20_261_129 },
  )
})

it('refuses a share beyond [0, 1] and a column of another length', () => {
  expect(() => guaranteeTraffic(Float64Array.of(1), ['a'], 1.1)).toThrow('share must be in [0, 1], got 1.1')
  expect(() => guaranteeTraffic(Float64Array.of(1), [], 0.1)).toThrow('newMessages.length must be 1, got 0')
})
