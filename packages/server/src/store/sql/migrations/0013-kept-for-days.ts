/**
 * For deleting what is old: until when policy states and snapshots are known to be in use (null: unknown), and an index of
 * proposals that are no longer open.
 */
export const keptForDays: readonly string[] = [
  'alter table policy_state_uses add column used_until bigint',
  'alter table snapshots add column used_until bigint',
  `create index opportunities_over on opportunities (expires, opportunity_id) where status <> 'open'`,
]
