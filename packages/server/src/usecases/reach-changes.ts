import {
  type DatedProfile,
  type EpochMs,
  type Outcome,
  type ReachLoss,
  type Suppression,
  withConfirmedAddress,
  withLoss,
} from '@paloma/core'
import type { Store } from '../store/contract.ts'
import { addressJudge } from './bounces.ts'
import type { UserPatch } from './contract.ts'
import type { Deps } from './deps.ts'
import { own } from './event-values.ts'
import { applyPatch, newProfile } from './profile.ts'

const SUPPRESSION_OF: Readonly<Record<ReachLoss, Suppression['reason']>> = {
  unsubscribed: 'opt-out',
  'push-disabled': 'gone',
  uninstalled: 'gone',
  complained: 'complaint',
  bounced: 'bounce',
}

/** Longest topic whose consent is kept. */
const MAX_TOPIC = 256

/** Whether a person says with it that he wants to be reached on a channel again. */
export function isReturn({ returns }: Deps['config']['events'], { name, isMachine }: Outcome): boolean {
  return !isMachine && own(returns, name) !== undefined
}

/** The events as they were when they were first heard: the clock of a repeat says nothing of when something was said. */
export async function asFirstHeard(
  { outcomes }: Pick<Store, 'outcomes'>,
  events: Deps['config']['events'],
  heard: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const changing = heard.filter((each) => each.reachLoss !== null || isReturn(events, each))
  if (changing.length === 0) return heard
  const known = await outcomes.getMany(changing.map(({ messageId }) => messageId))
  return heard.map((outcome) => {
    const first = known.get(outcome.messageId)
    const isRepeat = first !== undefined && first.userId === outcome.userId && first.name === outcome.name
    return isRepeat ? { ...outcome, at: first.at } : outcome
  })
}

/**
 * Stops sends to lost addresses. Before the event is stored, so that a repeat after a crash finds it done, never missing.
 * Answers the events; what is told of an address that another has replaced is no loss.
 */
export async function suppressLost(
  { users, sends }: Pick<Store, 'users' | 'sends'>,
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const losses = outcomes.filter(({ reachLoss }) => reachLoss !== null)
  if (losses.length === 0) return outcomes
  const isOfOther = await addressJudge({ sends }, losses)
  const past = new Set<Outcome>()
  await users.change(
    losses.flatMap((outcome) => {
      const { userId, reachLoss, channel, at } = outcome
      if (reachLoss === null || channel === null) return []
      const update = (current: DatedProfile = newProfile(userId, at)): DatedProfile => {
        past.delete(outcome)
        if (!isOfOther(outcome, current)) {
          return withLoss(current, { channel, reason: SUPPRESSION_OF[reachLoss], since: lostAt(outcome, current) })
        }
        past.add(outcome)
        return current
      }
      return [{ userId, update }]
    }),
  )
  return outcomes.map((outcome) => (past.has(outcome) ? { ...outcome, reachLoss: null } : outcome))
}

/** What is said as we hear it is said after all else, also after what a server with a faster clock heard. */
function lostAt({ at, receivedAt, channel }: Outcome, { said = {} }: DatedProfile): EpochMs {
  return at < receivedAt || channel === null ? at : Math.max(at, said.channels?.[channel] ?? at)
}

/** Hears who wants to be reached again. Only after the event is stored: one that is refused lets nobody in. */
export async function welcomeBack({ users }: Pick<Store, 'users'>, returned: readonly Outcome[]): Promise<void> {
  await users.change(
    returned.flatMap((outcome) => {
      const { userId, receivedAt, channel, at } = outcome
      const patch = yesOf(outcome)
      if (patch === undefined) return []
      const update = (current: DatedProfile | undefined): DatedProfile => {
        const next = applyPatch(current, patch, receivedAt)
        // Only a device can tell that push works again.
        return channel === 'push' ? withConfirmedAddress(next, channel, at) : next
      }
      return [{ userId, update }]
    }),
  )
}

/** A yes to the channel, and to the topic on it that the event names. */
function yesOf({ userId, channel, at, properties }: Outcome): UserPatch | undefined {
  if (channel === null) return undefined
  const topic = own(properties, 'topic')
  const isNamed = typeof topic === 'string' && topic !== '' && topic.length <= MAX_TOPIC
  return {
    userId,
    consent: {
      saidAt: at,
      channels: { [channel]: 'granted' },
      ...(isNamed ? { channelTopics: { [`${channel}:${topic}`]: 'granted' } } : {}),
    },
  }
}
