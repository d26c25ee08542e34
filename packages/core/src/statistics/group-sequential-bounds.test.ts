import { describe, expect, it } from 'vitest'
import { groupSequentialBounds } from './group-sequential-bounds.ts'

const equalLooks = (count: number) => Array.from({ length: count }, (_, k) => (k + 1) / count)

describe('groupSequentialBounds', () => {
  it('gives the known bounds of Lan & DeMets for five equal looks', () => {
    const bounds = (kind: 'obrienFleming' | 'pocock') =>
      groupSequentialBounds({ spending: { kind }, alpha: 0.05, sides: 2, fractions: equalLooks(5) }).looks.map(
        ({ bound }) => bound,
      )
    const expected = {
      obrienFleming: [4.8769, 3.357, 2.6803, 2.2898, 2.031],
      pocock: [2.438, 2.4268, 2.4102, 2.3966, 2.386],
    }
    for (const kind of ['obrienFleming', 'pocock'] as const) {
      bounds(kind).forEach((bound, k) => {
        expect(Math.abs((bound ?? 0) - expected[kind][k]!)).toBeLessThan(7e-5)
      })
    }
  })

  it('leaves out looks too close to the last one, and spends what remains where more came than planned', () => {
    const { looks } = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 0.500_001, Number.NaN, 1.2, 1.3] })
    expect(looks.map(({ skipped }) => skipped)).toEqual([null, 'too-close', 'not-finite', null, 'nothing-to-spend'])
    expect(looks.map(({ spent }) => spent)).toEqual([0.0125, 0.0125, 0.0125, 0.05, 0.05])
  })
})
