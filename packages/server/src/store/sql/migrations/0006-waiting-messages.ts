/** Where a channel shows one message at a time: what a send was thought to be worth, and when it lapses. */
export const waitingMessages: readonly string[] = [
  'alter table sends add column waits_until bigint, add column waits_worth double precision',
]
