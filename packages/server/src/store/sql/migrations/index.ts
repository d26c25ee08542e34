import { createHash } from 'node:crypto'
import { firstTables } from './0001-first-tables.ts'
import { sendAttempts } from './0002-send-attempts.ts'
import { experiments } from './0003-experiments.ts'
import { stateLines } from './0004-state-lines.ts'
import { packedRecords } from './0005-packed-records.ts'
import { waitingMessages } from './0006-waiting-messages.ts'
import { limitCounters } from './0007-limit-counters.ts'
import { exposureClusters } from './0008-exposure-clusters.ts'
import { knownAtExposure } from './0009-known-at-exposure.ts'
import { datedWords } from './0010-dated-words.ts'
import { manyRows } from './0011-many-rows.ts'
import { addressedSends } from './0012-addressed-sends.ts'
import { keptForDays } from './0013-kept-for-days.ts'

/** Every migration by name, in order; a published one never changes. */
export const MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  '0001-first-tables': firstTables,
  '0002-send-attempts': sendAttempts,
  '0003-experiments': experiments,
  '0004-state-lines': stateLines,
  '0005-packed-records': packedRecords,
  '0006-waiting-messages': waitingMessages,
  '0007-limit-counters': limitCounters,
  '0008-exposure-clusters': exposureClusters,
  '0009-known-at-exposure': knownAtExposure,
  '0010-dated-words': datedWords,
  '0011-many-rows': manyRows,
  '0012-addressed-sends': addressedSends,
  '0013-kept-for-days': keptForDays,
}

/** Twelve hex digits that change with any migration; names the template directory that has them all. */
export function migrationsHash(): string {
  return createHash('sha256').update(JSON.stringify(MIGRATIONS)).digest('hex').slice(0, 12)
}
