import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { type BgNbd, chanceActive, expectedRepeats, fitBgNbd, type RepeatPurchases } from './bg-nbd.ts'

const TRUTH: BgNbd = { r: 2, alpha: 6, a: 2, b: 5 }
const WEEKS = 40

interface Lived extends RepeatPurchases {
  readonly isActive: boolean
}

/** Sums of exponentials, hence whole shapes. */
function gammaDraw(random: () => number, shape: number): number {
  let sum = 0
  for (let i = 0; i < shape; i += 1) sum -= Math.log(1 - random())
  return sum
}

/** Customers of the model, watched for so long or `WEEKS`. */
function customersOf(key: string, n: number, weeks = WEEKS): readonly Lived[] {
  const random = randomFrom(key)
  return Array.from({ length: n }, () => {
    const rate = gammaDraw(random, TRUTH.r) / TRUTH.alpha
    const [left, stayed] = [gammaDraw(random, TRUTH.a), gammaDraw(random, TRUTH.b)]
    const leaves = left / (left + stayed)
    let [now, last, repeats, isActive] = [0, 0, 0, true]
    while (isActive) {
      now -= Math.log(1 - random()) / rate
      if (now > weeks) break
      last = now
      repeats += 1
      isActive = random() >= leaves
    }
    return { repeats, last, watched: weeks, isActive }
  })
}

describe('BG/NBD', () => {
  it('finds the parameters customers were drawn with, on average over 12 sets', () => {
    const fits = Array.from({ length: 12 }, (_, set) => fitBgNbd(customersOf(`set ${set}`, 1_500)))
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      const logs = fits.map((fit) => (fit.kind === 'fitted' ? Math.log(fit.model[name] / TRUTH[name]) : Number.NaN))
      const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
      const spread = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1))
      expect(Math.abs(mean), name).toBeLessThan((3 * spread) / Math.sqrt(logs.length))
      expect(spread, name).toBeLessThan(0.3)
    }
  })

  it('is the same in days as in weeks, but for the unit', () => {
    const weekly = customersOf('units', 800)
    const daily = weekly.map(({ repeats, last, watched }) => ({ repeats, last: 7 * last, watched: 7 * watched }))
    const [weeks, days] = [fitBgNbd(weekly), fitBgNbd(daily)]
    if (weeks.kind !== 'fitted' || days.kind !== 'fitted') throw new Error('expected two fits')
    expect(days.model.alpha / weeks.model.alpha).toBeCloseTo(7, 2)
    for (const name of ['r', 'a', 'b'] as const) expect(days.model[name]).toBeCloseTo(weeks.model[name], 2)
  })

  it('says how many have not left, within chance, among those of like chances', () => {
    const customers = customersOf('active', 20_000)
    for (const [low, high] of [
      [0, 0.25],
      [0.25, 0.5],
      [0.5, 0.75],
      [0.75, 1],
    ] as const) {
      const alike = customers.filter((customer) => {
        const chance = chanceActive(TRUTH, customer)
        return customer.repeats > 0 && chance >= low && chance < high
      })
      const expected = alike.reduce((sum, customer) => sum + chanceActive(TRUTH, customer), 0) / alike.length
      const found = alike.filter(({ isActive }) => isActive).length / alike.length
      expect(alike.length).toBeGreaterThan(500)
      expect(Math.abs(found - expected)).toBeLessThan(3.5 * Math.sqrt(0.25 / alike.length))
    }
  })

  it('expects as many purchases as there are on average', () => {
    for (const weeks of [2, 15, 60]) {
      const counts = customersOf(`expected ${weeks}`, 20_000, weeks).map(({ repeats }) => repeats)
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
      const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
      expect(Math.abs(mean - expectedRepeats(TRUTH, weeks))).toBeLessThan(3.5 * Math.sqrt(variance / counts.length))
    }
  })

  it('says why there is no answer', () => {
    expect(fitBgNbd([{ repeats: 0, last: 0, watched: 9 }])).toEqual({ kind: 'undefined', reason: 'no-repeats' })
    const alike = Array.from({ length: 50 }, () => ({ repeats: 4, last: 8, watched: 10 }))
    expect(fitBgNbd(alike)).toEqual({ kind: 'undefined', reason: 'not-settled' })
  })

  it.each([
    [{ repeats: 0.5, last: 1, watched: 2 }, 'customers[0].repeats must be a whole number ≥ 0, got 0.5'],
    [{ repeats: 1, last: 3, watched: 2 }, 'customers[0].last must be in (0, 2], got 3'],
    [{ repeats: 0, last: 1, watched: 2 }, 'customers[0].last must be 0 without repeats, got 1'],
    [{ repeats: 0, last: 0, watched: Number.NaN }, 'customers[0].watched must be a finite number ≥ 0, got NaN'],
  ])('refuses %j', (customer, message) => {
    expect(() => fitBgNbd([customer])).toThrow(message)
  })
})

const beside = fileURLToPath(new URL('../../../../../shared/data/cdnow_sample.txt.gz', import.meta.url))
const file = process.env.PALOMA_CDNOW ?? beside
const isThere = existsSync(file)
const DAY_MS = 86_400_000
const END = Date.UTC(1997, 8, 30)

/** The purchases of 1997 up to the end of September, in weeks from each customer's first; those of one day are one. */
function cdnow(): readonly RepeatPurchases[] {
  const days = new Map<string, Set<number>>()
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')) {
    const [, customer = '', date = ''] = line.trim().split(/\s+/)
    const day = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8)))
    if (day <= END) days.set(customer, (days.get(customer) ?? new Set()).add(day))
  }
  return [...days.values()].map((each) => {
    const [first, last] = [Math.min(...each), Math.max(...each)]
    const weeks = (ms: number): number => ms / DAY_MS / 7
    return { repeats: each.size - 1, last: weeks(last - first), watched: weeks(END - first) }
  })
}

describe(`the CDNOW customers${isThere ? '' : ` (left out: ${file} is not there; PALOMA_CDNOW names the file)`}`, () => {
  it.skipIf(!isThere)('have the parameters of Fader, Hardie & Lee (2005)', () => {
    const fit = fitBgNbd(cdnow())
    if (fit.kind !== 'fitted') throw new Error(fit.reason)
    expect(fit.customers).toBe(2_357)
    expect(fit.model.r).toBeCloseTo(0.243, 3)
    expect(fit.model.alpha).toBeCloseTo(4.414, 2)
    expect(fit.model.a).toBeCloseTo(0.793, 2)
    expect(fit.model.b).toBeCloseTo(2.426, 2)
    expect(fit.logLikelihood).toBeCloseTo(-9582.43, 1)
  })
})
