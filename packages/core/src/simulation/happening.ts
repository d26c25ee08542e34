import type { EpochMs, Scalar } from '../domain/index.ts'

/** Everything that can happen, and the Segment-style name it is reported under. */
export const HAPPENING_NAMES = {
  emailDelivered: 'Email Delivered',
  emailBounced: 'Email Bounced',
  emailMachineOpened: 'Email Opened',
  emailOpened: 'Email Opened',
  emailClicked: 'Email Link Clicked',
  emailUnsubscribed: 'Email Unsubscribed',
  emailSpam: 'Email Marked as Spam',
  pushReceived: 'Push Notification Received',
  pushTapped: 'Push Notification Tapped',
  pushDisabled: 'Push Disabled',
  inAppViewed: 'In-App Message Viewed',
  inAppClicked: 'In-App Message Clicked',
  uninstalled: 'Application Uninstalled',
  visit: 'App Visited',
  order: 'Order Completed',
} as const
export type HappeningKind = keyof typeof HAPPENING_NAMES

/** The send a happening follows from, where the tracking of a real product would know it. */
export interface Cause {
  readonly decisionId: string
  readonly message: string
  readonly variant: string
}

/** One thing that happens, before it is worded as an event. `revenue` is 0 unless it is an order. */
export interface Happening {
  readonly kind: HappeningKind
  readonly userIndex: number
  readonly at: EpochMs
  readonly revenue: number
  readonly cause: Cause | null
  /** Unique among happenings of one kind and user without a cause, e.g. `d12`; '' with a cause. */
  readonly key: string
}

/** Receives what happens, in no particular order. */
export type Emit = (happening: Happening) => void

/** What a product would track, named as Segment names it. */
export interface WorldEvent {
  readonly userIndex: number
  readonly at: EpochMs
  readonly name: string
  /** Unique, and the same whenever the world is run again in the same way. */
  readonly messageId: string
  readonly decisionId?: string
  readonly properties: Readonly<Record<string, Scalar>>
}

/** Words a happening as an event. Orders that come days later carry no decision: no product could know it. */
export function toWorldEvent(happening: Happening, currency: string): WorldEvent {
  const { kind, userIndex, at, cause, key } = happening
  const source = cause === null ? `u${userIndex}.${key}` : `${cause.decisionId}${key}`
  return {
    userIndex,
    at: Math.round(at),
    name: HAPPENING_NAMES[kind],
    messageId: `${source}.${kind}`,
    ...(cause === null ? {} : { decisionId: cause.decisionId }),
    properties: {
      ...(cause === null ? {} : { message: cause.message, variant: cause.variant }),
      ...(kind === 'order' ? { revenue: happening.revenue, currency } : {}),
      ...(kind === 'emailMachineOpened' ? { machine: true } : {}),
    },
  }
}
