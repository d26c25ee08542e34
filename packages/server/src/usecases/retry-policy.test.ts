import { sendId } from '@paloma/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RETRY_PAUSES_MS, retryOrFail } from './retry-policy.ts'

it('tries again later and within the window, or fails; never for ever', () => {
  const anyMoment = fc.integer({ min: 0, max: 10 ** 9 })
  fc.assert(
    fc.property(fc.string(), fc.nat(20), anyMoment, anyMoment, (id, attempts, now, expires) => {
      const result = retryOrFail({ sendId: sendId(`s${id}`), attempts }, { reason: 'busy', now, expires })
      expect(result).toEqual(retryOrFail({ sendId: sendId(`s${id}`), attempts }, { reason: 'busy', now, expires }))
      expect(['retry', 'failed']).toContain(result.kind)
      if (result.kind !== 'retry') return
      expect(attempts).toBeLessThan(RETRY_PAUSES_MS.length)
      expect(result.until).toBeGreaterThan(now)
      expect(result.until).toBeLessThan(expires)
    }),
    { seed: 7 },
  )
})

it('brings back at different moments what was refused at the same one', () => {
  const untils = Array.from({ length: 50 }, (_, i) => {
    const result = retryOrFail({ sendId: sendId(`s-${i}`), attempts: 0 }, { reason: 'busy', now: 0, expires: 10 ** 9 })
    return result.kind === 'retry' ? result.until : Number.NaN
  })
  expect(new Set(untils).size).toBeGreaterThan(40)
})
