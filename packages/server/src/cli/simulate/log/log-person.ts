import {
  DEFAULT_CONSENT,
  type EpochMs,
  HISTORY_MS,
  type Opportunity,
  type Outcome,
  type PastSend,
  SENDS_HISTORY_MS,
  type Suppression,
  type UserProfile,
  type UserState,
  userId,
} from '@paloma/core/domain'
import type { WorldUser } from '@paloma/core/simulation'

/** One user as a server would know them at a moment: only what has happened by then. */
export interface LogPerson {
  /** The user now; forgets what is too old. Moments must not go back by more than a day. */
  stateAt(now: EpochMs): UserState
  openAt(now: EpochMs): readonly Opportunity[]
  /** A newer proposal of a family replaces an older one. */
  propose(opportunity: Opportunity): void
  /** The message went out. */
  sent(send: PastSend): void
  /** Will be known from its moment on. */
  hear(outcome: Outcome): void
}

function profileOf({ userId: id, traits, timeZone, email, hasPush }: WorldUser, createdAt: EpochMs): UserProfile {
  return {
    userId: userId(id),
    traits,
    timeZone,
    addresses: { ...(email === undefined ? {} : { email }), ...(hasPush ? { pushToken: `token-${id}` } : {}) },
    consent: DEFAULT_CONSENT,
    suppressions: [],
    createdAt,
  }
}

/** A new user of the world's address book. */
export function logPerson(user: WorldUser, createdAt: EpochMs): LogPerson {
  const profile = profileOf(user, createdAt)
  let open: readonly Opportunity[] = []
  let sends: readonly PastSend[] = []
  let heard: readonly Outcome[] = []
  let suppressions: readonly Suppression[] = []
  const loseReach = (now: EpochMs): void => {
    const lost = heard.filter(({ reachLoss, at }) => reachLoss !== null && at <= now)
    for (const { channel, at } of lost) {
      if (channel === null || suppressions.some((known) => known.channel === channel)) continue
      suppressions = [...suppressions, { channel, reason: 'opt-out', since: at }]
    }
  }
  return {
    stateAt(now) {
      loseReach(now)
      sends = sends.filter(({ at }) => at > now - SENDS_HISTORY_MS)
      heard = heard.filter(({ at }) => at > now - HISTORY_MS)
      const known = heard.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
      const responses = known.flatMap(({ at, channel, isResponse }) =>
        isResponse && channel !== null ? [{ at, channel }] : [],
      )
      const visits = known.filter(({ isVisit }) => isVisit).map(({ at }) => at)
      return { profile: { ...profile, suppressions }, history: { sends, responses, visits } }
    },
    openAt(now) {
      open = open.filter(({ window }) => window.expires > now)
      return open
    },
    propose(opportunity) {
      open = [...open.filter(({ message }) => message !== opportunity.message), opportunity]
    },
    sent(send) {
      open = open.filter(({ id }) => id !== send.opportunityId)
      sends = [...sends, send].sort((a, b) => a.at - b.at)
    },
    hear(outcome) {
      heard = [...heard, outcome]
    },
  }
}
