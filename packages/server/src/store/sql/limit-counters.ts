import type { DispatchVerdict } from '../contract.ts'
import type { Sql } from './client.ts'

/** Counters of one transaction: what is left of each, and what was taken. */
export interface Counters {
  /** The verdict, or its `otherwise` where a counter is used up; takes one of each counter that a `go` uses. */
  take(verdict: DispatchVerdict): DispatchVerdict
  /** By counter, in order. */
  taken(): readonly (readonly [string, number])[]
}

/** Locks counters until the transaction ends, so that no two servers can take the same one. */
export async function holdCounters(sql: Sql, most: ReadonlyMap<string, number>): Promise<Counters> {
  const names = [...most.keys()].sort()
  const used = new Map<string, number>()
  if (names.length > 0) {
    await sql.query(
      'insert into limit_counters (counter, used) select name, 0 from unnest($1::text[]) as names (name) on conflict do nothing',
      [names],
    )
    const rows = await sql.query<{ readonly counter: string; readonly used: number }>(
      'select counter, used from limit_counters where counter = any($1::text[]) order by counter for update',
      [names],
    )
    for (const row of rows) used.set(row.counter, row.used)
  }
  return counting(most, used)
}

function counting(most: ReadonlyMap<string, number>, used: ReadonlyMap<string, number>): Counters {
  const taken = new Map<string, number>()
  const left = (name: string): number => (most.get(name) ?? 0) - (used.get(name) ?? 0) - (taken.get(name) ?? 0)
  return {
    take(verdict) {
      if (verdict.kind !== 'go' || verdict.uses === undefined) return verdict
      if (verdict.otherwise !== undefined && verdict.uses.some((name) => left(name) < 1)) return verdict.otherwise
      for (const name of verdict.uses) taken.set(name, (taken.get(name) ?? 0) + 1)
      return verdict
    },
    taken: () => [...taken].sort(([a], [b]) => (a < b ? -1 : 1)),
  }
}

export async function writeCounters(sql: Sql, counters: Counters): Promise<void> {
  const taken = counters.taken()
  if (taken.length === 0) return
  await sql.query(
    `update limit_counters c set used = c.used + v.n from unnest($1::text[], $2::bigint[]) as v (counter, n)
     where c.counter = v.counter`,
    [taken.map(([name]) => name), taken.map(([, n]) => n)],
  )
}
