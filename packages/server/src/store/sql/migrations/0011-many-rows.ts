/**
 * Indexes for what is asked again and again while tables grow: due sends of one channel, whatever waits for the others;
 * proposals that have lapsed; what still stands of one user's proposals, his latest sends and those of one proposal,
 * however many lie behind.
 */
export const manyRows: readonly string[] = [
  `create index sends_reserved_channel on sends (channel, due_at, send_id) where status = 'reserved'`,
  'create index sends_user_updated on sends (user_id, updated_at)',
  'drop index sends_user',
  'create index sends_opportunity on sends (opportunity_id)',
  `create index opportunities_expiring on opportunities (expires) where status = 'open'`,
  `create index opportunities_standing on opportunities (user_id) where status in ('open', 'taken')`,
  'drop index opportunities_open',
]
