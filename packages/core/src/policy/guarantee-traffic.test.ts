import { expect, it } from 'vitest'
import { guaranteeTraffic } from './guarantee-traffic.ts'

it('leaves every new action its part of the guaranteed share and takes it from all alike', () => {
  const guaranteed = guaranteeTraffic(Float64Array.of(0.7, 0.3, 0, 0), [false, false, true, true], 0.1)
  expect([...guaranteed].map((p) => Number(p.toFixed(12)))).toEqual([0.63, 0.27, 0.05, 0.05])
})

it('changes nothing where nothing is new, and is a floor where everything is', () => {
  const p = Float64Array.of(0.9, 0.1)
  expect(guaranteeTraffic(p, [false, false], 0.2)).toBe(p)
  expect([...guaranteeTraffic(p, [true, true], 0.5)]).toEqual([0.7, 0.3])
})

it('refuses a share beyond [0, 1] and a column of another length', () => {
  expect(() => guaranteeTraffic(Float64Array.of(1), [true], 1.1)).toThrow('share must be in [0, 1], got 1.1')
  expect(() => guaranteeTraffic(Float64Array.of(1), [], 0.1)).toThrow('isNew.length must be 1, got 0')
})
