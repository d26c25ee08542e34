import type { Opportunity } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { exampleOpportunity, NOON } from '../store/testing/examples.ts'
import { proposalFault } from './proposal-fault.ts'

const claim = { objective: 'conversion', estimate: 1, unit: 'EUR', horizonDays: 7, kind: 'predicted' as const }
const variant = { name: 'a', content: {} }

const cases: readonly (readonly [string, Partial<Opportunity>, string])[] = [
  ['a window that ends as it begins', { window: { notBefore: NOON, expires: NOON } }, '/window/expires'],
  ['a window in the year 9999', { window: { notBefore: NOON, expires: Date.UTC(9999, 0) } }, '/window/expires'],
  ['a window from the year 1', { window: { notBefore: -6e13, expires: NOON } }, '/window/notBefore'],
  ['half a millisecond', { window: { notBefore: NOON, expires: NOON + 0.5 } }, '/window/expires'],
  ['no number for a time', { window: { notBefore: Number.NaN, expires: NOON } }, '/window/notBefore'],
  ['the same channel twice', { channels: ['email', 'push', 'email'] }, '/channels'],
  ['no channel', { channels: [] }, '/channels'],
  ['no variant', { variants: [] }, '/variants'],
  ['two variants of one name', { variants: [variant, variant] }, '/variants'],
  ['a claim that is no number', { claims: [claim, { ...claim, estimate: Number.NaN }] }, '/claims/1/estimate'],
  ['a claim without end', { claims: [{ ...claim, horizonDays: Infinity }] }, '/claims/0/horizonDays'],
  ['a claim with negative doubt', { claims: [{ ...claim, stdError: -1 }] }, '/claims/0/stdError'],
  ['a claim about no objective', { claims: [{ ...claim, objective: 'clicks' }] }, '/claims/0/objective'],
  ['a claim in dollars where euros count', { claims: [{ ...claim, unit: 'USD' }] }, '/claims/0/unit'],
  ['a feature without end', { features: { n: -Infinity } }, '/features/n'],
  ['the same in a variant', { variants: [{ ...variant, features: { n: Number.NaN } }] }, '/variants/0/features/n'],
]

describe('proposalFault', () => {
  it.each(cases)('finds %s', (_, changes, pointer) => {
    const fault = proposalFault(exampleOpportunity('o', 'u', changes), defaultConfig.objectives)
    expect(fault).toMatchObject({ code: 'ITEM_INVALID', pointer })
    expect(fault?.detail).toContain('got')
  })

  it('finds nothing in a sound proposal', () => {
    const sound = {
      claims: [{ ...claim, stdError: 0 }],
      channels: ['push', 'email'] as const,
      variants: [variant, { ...variant, name: 'b' }],
    }
    expect(proposalFault(exampleOpportunity('o', 'u', sound), defaultConfig.objectives)).toBeUndefined()
  })
})
