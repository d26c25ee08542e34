/** How well one thing is; `warning` works but should be looked at, `failed` will not work. */
export const HEALTHS = ['ok', 'warning', 'failed'] as const
export type Health = (typeof HEALTHS)[number]

/** One thing the doctor looked at: what was found, and what to do about it unless all is well. */
export interface Finding {
  readonly check: string
  readonly health: Health
  readonly found: string
  readonly remedy: string | null
}

/** All is well. */
export function ok(check: string, found: string): Finding {
  return { check, health: 'ok', found, remedy: null }
}

/** It works, but somebody should look. */
export function warning(check: string, found: string, remedy: string): Finding {
  return { check, health: 'warning', found, remedy }
}

/** It will not work. */
export function failed(check: string, found: string, remedy: string): Finding {
  return { check, health: 'failed', found, remedy }
}
