import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/assignment.json' with { type: 'json' }
import { DAY_MS } from '../domain/index.ts'
import { USERS } from './testing/scenes.ts'
import { withheldOf } from './withholding.ts'

const rule = { ...cases.withheld.rule, groups: ['paloma' as const] }

describe('withheldOf', () => {
  it.each(cases.withheld.cases)('says of $message for $userId at $now what it should', (given) => {
    expect(withheldOf(rule, given, given.now)).toEqual(given.answer)
  })

  it('withholds the planned share, and other users of each message and in each period', () => {
    const isWithheld = (message: string, now: number) => (userId: string) =>
      withheldOf(rule, { message, userId }, now)!.isWithheld
    const first = USERS.filter(isWithheld('newsletter', 0))
    const sd = Math.sqrt((0.2 * 0.8) / USERS.length)
    expect(Math.abs(first.length / USERS.length - 0.2)).toBeLessThan(4 * sd)
    for (const [message, now] of [
      ['news', 0],
      ['newsletter', 28 * DAY_MS],
    ] as const) {
      const both = first.filter(isWithheld(message, now)).length / first.length
      expect(Math.abs(both - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / first.length))
    }
  })
})
