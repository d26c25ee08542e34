import { decisionId, userId } from '@paloma/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'

const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.double(), fc.boolean())

it('is what JSON makes of the request, whatever it holds: stored ones are compared with it', () => {
  fc.assert(
    fc.property(
      fc.record({
        userId: fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 80 })).map(userId),
        context: fc.dictionary(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), scalar, { maxKeys: 3 }),
        deliver: fc.boolean(),
        moment: fc.option(fc.integer()),
      }),
      ({ moment, ...rest }) => {
        const command = { decisionId: decisionId('d'), ...rest, ...(moment === null ? {} : { at: moment }) }
        const { userId: user, context, deliver } = command
        const expected = JSON.stringify([user, Object.entries(context).sort(), moment, deliver])
        expect(fingerprintOf(command)).toBe(expected)
      },
    ),
    { seed: 7, numRuns: 500 },
  )
})
