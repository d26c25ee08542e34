import {
  type Consent,
  DAY_MS,
  DEFAULT_CONSENT,
  HOUR_MS,
  type Opportunity,
  opportunityId,
  type PastSend,
  type Rules,
  type UserProfile,
  type UserState,
  userId,
} from '../../domain/index.ts'
import {
  type Eligibility,
  type EligibilityInput,
  type EligibleCandidate,
  eligibleCandidates,
} from '../eligible-candidates.ts'

/** 2026-06-10T10:00:00Z: noon in Berlin, on a day without a change of the clocks. */
export const NOW = 1_781_085_600_000

export const RULES: Rules = {
  channels: {
    push: { consent: 'opt-out', pricePerSend: 0 },
    email: { consent: 'opt-in', pricePerSend: 0 },
    'in-app': { consent: 'opt-out', pricePerSend: 0 },
  },
  caps: [],
  gaps: [],
  quietHours: [],
  slots: { localHours: [], horizonHours: 24 },
  timeZone: 'Europe/Berlin',
}

export const proposal = (over: Partial<Opportunity> = {}): Opportunity => ({
  id: opportunityId('opp-1'),
  producer: 'shop',
  userId: userId('user-1'),
  message: 'price-drop',
  category: 'marketing',
  topic: 'offers',
  channels: ['push'],
  variants: [
    { name: 'default', content: { push: { title: 'Hi' }, email: { subject: 'Hi' }, 'in-app': { title: 'Hi' } } },
  ],
  window: { notBefore: NOW - HOUR_MS, expires: NOW + 2 * DAY_MS },
  claims: [],
  features: {},
  ...over,
})

export const past = (over: Partial<PastSend> & { readonly at: number }): PastSend => ({
  channel: 'push',
  category: 'marketing',
  message: 'digest',
  topic: 'news',
  opportunityId: 'old',
  ...over,
})

export function person(profile: Partial<UserProfile> = {}, sends: readonly PastSend[] = []): UserState {
  return {
    profile: {
      userId: userId('user-1'),
      traits: {},
      addresses: { email: 'a@example.org', pushToken: 'token' },
      consent: DEFAULT_CONSENT,
      suppressions: [],
      createdAt: 0,
      ...profile,
    },
    history: { sends, responses: [], visits: [] },
  }
}

/** What differs from a plain scene in which the one opportunity passes. */
export interface Scene {
  readonly profile?: Partial<UserProfile>
  readonly sends?: readonly PastSend[]
  readonly opportunities?: readonly Opportunity[]
  readonly rules?: Partial<Rules>
  readonly now?: number
  readonly trigger?: EligibilityInput['trigger']
}

/** Asks for a scene. */
export function run({ profile, sends, opportunities, rules, now, trigger }: Scene): Eligibility {
  return eligibleCandidates({
    user: person(profile, sends),
    opportunities: opportunities ?? [proposal()],
    rules: { ...RULES, ...rules },
    now: now ?? NOW,
    trigger: trigger ?? 'request',
  })
}

export const consent = (over: Partial<Consent>): Partial<UserProfile> => ({ consent: { ...DEFAULT_CONSENT, ...over } })
export const times = (eligible: readonly EligibleCandidate[]): readonly number[] =>
  eligible.map(({ candidate }) => candidate.sendAt)
