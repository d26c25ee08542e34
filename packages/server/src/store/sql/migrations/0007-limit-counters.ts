/** How much of each part of a shared limit was used; a counter is named after limit, part and day. */
export const limitCounters: readonly string[] = [
  `create table limit_counters (
    counter text collate "C" primary key,
    used bigint not null)`,
]
