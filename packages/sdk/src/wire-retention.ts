import type { IsoTime } from './wire.ts'

/** How long is kept, what is there, and what became of the rest. */
export interface WireRetention {
  /** Null: for ever. */
  readonly storeDays: number | null
  readonly exportedDays: number | null
  /** From when on the store, and the exported history, have every day whole; null where nothing was deleted for its age. */
  readonly keptSince: IsoTime | null
  readonly exportedSince: IsoTime | null
  readonly oldestDecision: IsoTime | null
  /** `heldBy`: why days stay that are older than the configuration says. */
  readonly lastRun: { readonly at: IsoTime; readonly rows: number; readonly heldBy: readonly string[] } | null
  /** Largest first; rows by the store's statistics. */
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[]
}
