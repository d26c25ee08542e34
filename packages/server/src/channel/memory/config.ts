import type { Channel } from '@paloma/core/domain'

/** Options of `memoryChannel`. */
export interface MemoryChannelOptions {
  readonly channel: Channel
}
