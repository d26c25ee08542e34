import type { Addresses, Channel, DecisionId, Outcome, Scalar, UserProfile } from '@paloma/core'
import type { Store } from '../store/contract.ts'
import type { Deps } from './deps.ts'
import { own } from './event-values.ts'
import { addressMark } from './profile.ts'

/** Losses that are facts about an address; a complaint and an opt-out are what a person wants, whatever the address. */
const OF_ADDRESS: readonly Outcome['reachLoss'][] = ['bounced', 'push-disabled', 'uninstalled']

/** Properties in which providers say what kind of bounce it was, and their words for one that may pass. */
const KIND_PROPERTIES = ['bounceType', 'bounce_type', 'type', 'severity']
const SOFT = /^(?:soft|soft[ _-]?bounce|transient|temporary|blocked)$/i
/** A persistent transient failure (RFC 3463): the provider gave up, not the mailbox. */
const SOFT_STATUS = /^4\.\d{1,3}\.\d{1,3}$/

/** Properties in which an event names the address it is about, per channel; `address` does on each. */
const NAMED_IN: Readonly<Record<Channel, readonly string[]>> = {
  email: ['address', 'email'],
  push: ['address', 'pushToken', 'token', 'endpoint'],
  sms: ['address', 'phone'],
  webhook: ['address'],
  'in-app': [],
}

/** More of a user's outcomes than this are not looked at for soft bounces in a row. */
const LOOK_BACK = 200

/** Whether an event says of a bounce that it may pass: a full mailbox, a server in trouble, a message that was blocked. */
export function isSoftBounce(properties: Readonly<Record<string, Scalar>>): boolean {
  const status = own(properties, 'status')
  const isSoftStatus = typeof status === 'string' && SOFT_STATUS.test(status)
  return isSoftStatus || KIND_PROPERTIES.some((name) => SOFT.test(String(own(properties, name) ?? '')))
}

/**
 * Soft bounces lose nobody, unless `events.softBounces` of different messages come in a row: without an answer of the
 * person on the channel in between. The others are as they were.
 */
export async function weighSoftBounces(
  { store, config }: Pick<Deps, 'store' | 'config'>,
  heard: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const isSoft = (each: Outcome): boolean => each.reachLoss === 'bounced' && isSoftBounce(each.properties)
  if (!heard.some(isSoft)) return heard
  const weighed: Outcome[] = []
  for (const outcome of heard) {
    if (!isSoft(outcome)) {
      weighed.push(outcome)
      continue
    }
    const stored = await store.outcomes.listByUser(outcome.userId, { limit: LOOK_BACK })
    const known = [...stored, ...heard.filter(({ userId }) => userId === outcome.userId)]
    const isLost = softInARow(outcome, known) >= config.events.softBounces
    weighed.push(isLost ? outcome : { ...outcome, reachLoss: null })
  }
  return weighed
}

/** How many messages have bounced softly since the person last answered on the channel, this one included. */
function softInARow(outcome: Outcome, known: readonly Outcome[]): number {
  const before = known.filter(({ channel, at }) => channel === outcome.channel && at <= outcome.at)
  const answeredAt = Math.max(Number.NEGATIVE_INFINITY, ...before.flatMap((each) => (each.isResponse ? [each.at] : [])))
  const soft = before.filter(({ name, at, properties }) => {
    return name === outcome.name && at > answeredAt && isSoftBounce(properties)
  })
  return new Set([outcome, ...soft].map(({ decisionId, messageId }) => decisionId ?? messageId)).size
}

/** Says whether what a loss tells is about another address than the one a profile has now. */
export type IsOfOtherAddress = (outcome: Outcome, profile: UserProfile) => boolean

/**
 * A loss names the address it is about, or the decision whose message went there; where it does neither it is taken for
 * news of the address that the user has.
 */
export async function addressJudge(
  { sends }: Pick<Store, 'sends'>,
  losses: readonly Outcome[],
): Promise<IsOfOtherAddress> {
  const sent = losses.filter((loss) => OF_ADDRESS.includes(loss.reachLoss) && namedAddress(loss) === undefined)
  const ids = sent.flatMap(({ decisionId }): readonly DecisionId[] => (decisionId === null ? [] : [decisionId]))
  const marks = ids.length === 0 ? new Map<DecisionId, never>() : await sends.addressMarks(ids)
  return (outcome, { addresses }) => {
    const { channel, reachLoss, decisionId } = outcome
    if (channel === null || !OF_ADDRESS.includes(reachLoss)) return false
    const named = namedAddress(outcome)
    if (named !== undefined) return !addressesOn(addresses, channel).includes(named.toLowerCase())
    const sentTo = decisionId === null ? undefined : marks.get(decisionId)
    return sentTo?.channel === channel && sentTo.mark !== addressMark(addresses, channel)
  }
}

function namedAddress({ channel, properties }: Outcome): string | undefined {
  if (channel === null) return undefined
  const named = NAMED_IN[channel].map((name) => own(properties, name))
  return named.find((each): each is string => typeof each === 'string' && each !== '')
}

function addressesOn({ email, push, pushToken, sms, webhook }: Addresses, channel: Channel): readonly string[] {
  const of = { email: [email], push: [pushToken, push?.endpoint], sms: [sms], webhook: [webhook], 'in-app': [] }
  return of[channel].flatMap((address) => (address === undefined ? [] : [address.toLowerCase()]))
}
