/** Every way to reach a user that Paloma knows. */
export const CHANNELS = ['push', 'email', 'in-app', 'sms', 'webhook'] as const

/** A way to reach a user. */
export type Channel = (typeof CHANNELS)[number]

/** Whether a message of the channel is seen on a visit alone, so that it brings none. */
export function isSeenOnVisit(channel: Channel): boolean {
  return channel === 'in-app'
}

/** Why a message is sent: transactional messages skip optimisation, never consent law. */
export const CATEGORIES = ['transactional', 'service', 'marketing'] as const
export type Category = (typeof CATEGORIES)[number]
