import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { exportedSince, keptSince, orDeleted } from './kept-since.ts'
import { lastRetentionRun } from './retention.ts'

/** What is kept, and what became of the rest. */
export function retentionUsecases({ store, config }: Pick<Deps, 'store' | 'config'>): Usecases['retention'] {
  const { registry, retention } = store
  return {
    async status() {
      const [since, filesSince, oldestDecision, lastRun, tables] = await Promise.all([
        keptSince(registry),
        exportedSince(registry),
        retention.oldestDecision(),
        lastRetentionRun(registry),
        retention.sizes(),
      ])
      return {
        ...config.retention,
        keptSince: since === 0 ? null : since,
        exportedSince: filesSince === 0 ? null : filesSince,
        oldestDecision,
        lastRun: lastRun ?? null,
        tables,
      }
    },
    async orDeleted() {
      return orDeleted(config.retention, await keptSince(registry))
    },
  }
}
