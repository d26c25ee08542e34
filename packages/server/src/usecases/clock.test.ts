import { expect, it, vi } from 'vitest'
import { steadyClock } from './clock.ts'

it('goes on when the machine’s clock is set back', () => {
  const before = steadyClock()
  expect(Math.abs(before - Date.now())).toBeLessThan(60_000)
  const spy = vi.spyOn(Date, 'now').mockReturnValue(before - 3_600_000)
  expect(steadyClock()).toBeGreaterThanOrEqual(before)
  spy.mockRestore()
})
