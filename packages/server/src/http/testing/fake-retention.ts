import type { Usecases } from '../../usecases/contract.ts'

/** A store that keeps ninety days and has let go of what was before. */
export const fakeRetention: Usecases['retention'] = {
  status: async () => ({
    storeDays: 90,
    exportedDays: null,
    keptSince: Date.UTC(2025, 9, 17),
    exportedSince: null,
    oldestDecision: Date.UTC(2025, 9, 17, 3),
    lastRun: { at: Date.UTC(2026, 0, 15, 11), rows: 120, heldBy: [] },
    tables: [{ table: 'decisions', rows: 1_000, bytes: 2_000_000 }],
  }),
  orDeleted: async () => ', or it was deleted for its age: the store keeps what happened since 2025-10-17 (90 days)',
}
