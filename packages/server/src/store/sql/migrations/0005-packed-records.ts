/**
 * Records of decisions as bytes: `packed` and, to learn from, `features`; rows that are there stay as they are, in
 * `record` and `learning`.
 */
export const packedRecords: readonly string[] = [
  'alter table decisions add column packed bytea, add column features bytea, alter column record drop not null',
  'alter table decisions alter column packed set storage external, alter column features set storage external',
]
