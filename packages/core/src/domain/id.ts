declare const brand: unique symbol

/** A string which names one thing of one kind; two kinds never mix by accident. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind }

export type UserId = Id<'user'>
export type OpportunityId = Id<'opportunity'>
export type DecisionId = Id<'decision'>
export type SendId = Id<'send'>

/** Names a user. The edge has checked the string; inside it is trusted. */
export function userId(value: string): UserId {
  return value as UserId
}

/** Names an opportunity by the producer's own idempotency key. */
export function opportunityId(value: string): OpportunityId {
  return value as OpportunityId
}

/** Names a decision by the caller's idempotency key. */
export function decisionId(value: string): DecisionId {
  return value as DecisionId
}

/** Names one attempt to deliver; unique for ever, so that a message is sent at most once. */
export function sendId(value: string): SendId {
  return value as SendId
}
