export { PalomaApiError } from './api-error.ts'
export { type ClientOptions, createClient, type DecideRequest, type PalomaClient, type QueuedEvent } from './client.ts'
export type { InboxClient } from './inbox-client.ts'
export type * from './wire.ts'
