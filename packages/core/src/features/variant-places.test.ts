import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Opportunity } from '../domain/index.ts'
import { proposal } from '../eligibility/testing/scenes.ts'
import { variantPlaces } from './variant-places.ts'

function withVariants(message: string, names: readonly string[]): Opportunity {
  return { ...proposal({ message }), variants: names.map((name) => ({ name, content: {} })) }
}

function placesOf(count: number, opportunity: Opportunity): readonly number[] {
  const placeOf = variantPlaces(count)
  return opportunity.variants.map((variant) => placeOf(opportunity, variant))
}

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 12 })

it('gives variants of one proposal places of their own while there are enough, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.string(), names, fc.integer({ min: 1, max: 16 }), (message, all, count) => {
      const places = placesOf(count, withVariants(message, all))
      expect(new Set(places).size).toBe(Math.min(count, all.length))
      expect(places.every((place) => place >= 0 && place < count)).toBe(true)
      expect(placesOf(count, withVariants(message, [...all].reverse()))).toEqual([...places].reverse())
    }),
    { seed: 5 },
  )
})

it('keeps places when a variant comes whose name is later than the others', () => {
  fc.assert(
    fc.property(names, (all) => {
      const before = placesOf(16, withVariants('sale', all))
      expect(placesOf(16, withVariants('sale', [...all, '\uffff'])).slice(0, -1)).toEqual(before)
    }),
    { seed: 6 },
  )
})

it('tells nothing where there is no choice, no place, or no such variant', () => {
  const two = withVariants('sale', ['a', 'b'])
  expect(placesOf(8, withVariants('sale', ['a']))).toEqual([-1])
  expect(placesOf(0, two)).toEqual([-1, -1])
  expect(variantPlaces(8)(two, { name: 'c', content: {} })).toBe(-1)
})

it('does not mix up proposals that come in turn', () => {
  const [sale, digest] = [withVariants('sale', ['a', 'b', 'c']), withVariants('digest', ['a', 'b', 'c'])]
  const placeOf = variantPlaces(8)
  const inTurn = [0, 1, 2].flatMap((i) => [placeOf(sale, sale.variants[i]!), placeOf(digest, digest.variants[i]!)])
  expect(inTurn.filter((_, i) => i % 2 === 0)).toEqual(placesOf(8, sale))
  expect(inTurn.filter((_, i) => i % 2 === 1)).toEqual(placesOf(8, digest))
})

it('answers the same when a crowded proposal is asked for again, also where its variants come under another message', () => {
  const placeOf = variantPlaces(2)
  const crowded = withVariants('sale', ['a', 'b', 'c', 'd'])
  const ask = (opportunity: Opportunity) => opportunity.variants.map((variant) => placeOf(opportunity, variant))
  for (let i = 0; i < 40; i += 1) {
    const renamed = { ...crowded, message: `sale-${i}` }
    expect(ask(renamed)).toEqual(placesOf(2, renamed))
    expect(ask(crowded)).toEqual(placesOf(2, crowded))
  }
})
