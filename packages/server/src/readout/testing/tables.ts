import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { randomFrom } from '@paloma/core'
import { openAnalytics } from '../duckdb.ts'

/** A folder of its own for the tables of one test file. */
export function tableFolder(): string {
  return mkdtempSync(join(tmpdir(), 'paloma-readout-test-'))
}

/** Writes rows under a header; cells are text already. */
export function writeCsv(path: string, header: string, rows: readonly (readonly (string | number)[])[]): string {
  writeFileSync(path, `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`)
  return path
}

/** The same table as .csv.gz, .jsonl and .parquet beside it. */
export async function otherFormats(csv: string): Promise<readonly string[]> {
  const bare = csv.slice(0, -'.csv'.length)
  const { readFileSync } = await import('node:fs')
  writeFileSync(`${csv}.gz`, gzipSync(readFileSync(csv)))
  const analytics = await openAnalytics({ memoryMb: 256, threads: 1 })
  await analytics.run(`COPY (SELECT * FROM read_csv('${csv}')) TO '${bare}.parquet'`)
  await analytics.run(`COPY (SELECT * FROM read_csv('${csv}')) TO '${bare}.jsonl' (FORMAT json)`)
  await analytics.close()
  return [csv, `${csv}.gz`, `${bare}.jsonl`, `${bare}.parquet`]
}

/** One user of a simulated experiment with a known truth. */
export interface SimulatedUser {
  readonly user: string
  readonly variant: 'control' | 'new'
  readonly time: string
  readonly before: number
  readonly spend: number
  readonly bought: number
}

const DAY_MS = 86_400_000

/** Users whose spend rises by `lift` EUR with the new variant, whatever else they are. */
export function simulatedUsers(
  count: number,
  { seed, lift }: { readonly seed: string; readonly lift: number },
): readonly SimulatedUser[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, i) => {
    const isNew = random() < 0.5
    const before = 20 + 10 * random()
    return {
      user: `u${String(i).padStart(6, '0')}`,
      variant: isNew ? 'new' : 'control',
      time: new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 10) * DAY_MS).toISOString(),
      before,
      spend: before + 8 * random() + (isNew ? lift : 0),
      bought: random() < 0.2 ? 1 : 0,
    } as const
  })
}
