import type { WireInbox, WireInboxItem } from '@paloma/sdk'
import { z } from 'zod'
import { INBOX_STATUSES } from '../../store/contract.ts'
import { isoSchema, named } from './atoms.ts'

export const inboxItemSchema: z.ZodType<WireInboxItem> = named(
  'InboxItem',
  z.object({
    sendId: z.string(),
    decisionId: z.string(),
    userId: z.string(),
    message: z.string(),
    content: z.record(z.string(), z.string()),
    createdAt: isoSchema,
    status: z.enum(INBOX_STATUSES),
    statusAt: isoSchema,
  }),
)

export const inboxSchema: z.ZodType<WireInbox> = named(
  'Inbox',
  z.object({ items: z.array(inboxItemSchema), unseen: z.int(), nextCursor: z.string().nullable() }),
)
