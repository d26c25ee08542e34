/** Counts the times a provider took nothing, and finds inbox items by when they came. */
export const sendAttempts: readonly string[] = [
  'alter table sends add column attempts integer not null default 0',
  'create index inbox_created on inbox (created_at)',
]
