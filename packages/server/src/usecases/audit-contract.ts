import type { DecisionId, DrawAudit, EpochMs } from '@paloma/core'

export interface ReplayResult {
  readonly decisionId: DecisionId
  readonly identical: boolean
  /** JSON pointers of members that differ, with both values. */
  readonly differences: readonly { readonly pointer: string; readonly logged: unknown; readonly replayed: unknown }[]
  /** Why it could not be computed again, e.g. SNAPSHOT_GONE; then nothing was compared. */
  readonly fault?: { readonly code: string; readonly detail: string }
}

/** What the audit of a day that is over found, by itself, in the night after it. */
export interface NightlyAudit {
  /** The UTC day, YYYY-MM-DD. */
  readonly day: string
  readonly at: EpochMs
  readonly checked: number
  /** The day had more decisions than are looked at. */
  readonly isCut: boolean
  /** Decisions that do not come out the same, and the first of them with the member that differs, or the code of what stood against it. */
  readonly differing: number
  readonly first: { readonly decisionId: DecisionId; readonly why: string } | null
  /** Policies whose choices do not fall as their probabilities say. */
  readonly suspects: readonly string[]
}

export interface AuditResult {
  readonly checked: number
  readonly identical: number
  readonly failures: readonly ReplayResult[]
  /** By policy. */
  readonly draws: readonly DrawAudit[]
}
