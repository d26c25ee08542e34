import type { Estimate } from '@paloma/core'
import type { WireCandidateEvaluation } from '@paloma/sdk'
import { decimalsFor, formatNumber, formatSigned } from '../report/index.ts'

/** Where the log lacks probability, rather than decisions. */
export function lacksProbability({ policy: { exploration } }: WireCandidateEvaluation): boolean {
  return exploration !== null && exploration.targetShare > 0 && exploration.actions.length > 0
}

/** A column of rewards for people; those that are no objective begin with a colon. */
export function nameOf(column: string): string {
  return column.startsWith(':') ? column.slice(1) : column
}

/** `0.31 [0.29, 0.33]`, to the digits that the interval deserves. */
export function estimateText(estimate: Estimate, sign: 'signed' | 'plain' = 'plain'): string {
  const format = sign === 'signed' ? formatSigned : formatNumber
  if (estimate.kind === 'undefined') return estimate.mean === null ? 'not known' : `${format(estimate.mean, 4)} (exact)`
  const decimals = decimalsFor(estimate.high - estimate.low)
  return `${format(estimate.mean, decimals)} [${format(estimate.low, decimals)}, ${format(estimate.high, decimals)}]`
}
