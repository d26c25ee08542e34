import { DAY_MS, type DecisionSummary, type EpochMs } from '@paloma/core/domain'
import type { Sql } from './client.ts'

type Made = Pick<DecisionSummary, 'stateId' | 'snapshotVersion' | 'at'>

/** What is written already of the use of policy states and snapshots, so that few decisions write it. */
export interface NotedUses {
  covers(decision: Made): boolean
  /** Once it is written; a use is never taken back while decisions of its time are there. */
  add(decisions: readonly Made[]): void
}

export function notedUses(): NotedUses {
  const known = new Map<number, { readonly version: string; readonly until: EpochMs }>()
  const covers = ({ stateId, snapshotVersion, at }: Made): boolean => {
    const noted = known.get(stateId)
    return noted !== undefined && noted.version === snapshotVersion && at < noted.until
  }
  return {
    covers,
    add(decisions) {
      for (const decision of decisions) {
        if (covers(decision)) continue
        known.set(decision.stateId, { version: decision.snapshotVersion, until: usedUntil(decision) })
      }
    },
  }
}

/** The end of the day, UTC: so that a use is written once a day. */
function usedUntil({ at }: Made): EpochMs {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS
}

/** Writes that policy states and snapshots are in use on the days of these decisions; in one order, so that two never wait in a circle. */
export async function writeUses(sql: Sql, decisions: readonly Made[]): Promise<void> {
  if (decisions.length === 0) return
  const values = [
    decisions.map(({ stateId }) => stateId),
    decisions.map(({ snapshotVersion }) => snapshotVersion),
    decisions.map(usedUntil),
  ]
  await sql.query(
    `insert into policy_state_uses (state_id, used_until)
     select state_id, max(until) from unnest($1::bigint[], $2::text[], $3::bigint[]) as uses (state_id, version, until)
     group by state_id order by state_id
     on conflict (state_id) do update set used_until = excluded.used_until
     where policy_state_uses.used_until is null or policy_state_uses.used_until < excluded.used_until`,
    values,
  )
  await sql.query(
    `update snapshots s set used_until = u.until
     from (select version, max(until) as until from unnest($1::text[], $2::bigint[]) as uses (version, until)
       group by version) u
     where s.version = u.version and (s.used_until is null or s.used_until < u.until)`,
    values.slice(1),
  )
}
