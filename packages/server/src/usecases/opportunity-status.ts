import type { EpochMs, Opportunity } from '@paloma/core'
import type { OpportunityStatus } from '../store/contract.ts'

interface Found {
  readonly opportunity: Opportunity
  readonly status: OpportunityStatus
}

/** What may still be said of an opportunity at `now`: an open one whose window has closed is expired. */
export function withStatusAt({ opportunity, status }: Found, now: EpochMs): Found {
  const isOver = status === 'open' && opportunity.window.expires <= now
  return { opportunity, status: isOver ? 'expired' : status }
}
