import type { Category, Channel, Content } from '../domain/index.ts'

/** The channels this world has. */
export const WORLD_CHANNELS = ['push', 'email', 'in-app'] as const
export type WorldChannel = (typeof WORLD_CHANNELS)[number]

/** The four kinds of people of uplift modelling, in the order of `Scenario.archetypes`. */
export const ARCHETYPES = ['persuadable', 'sure-thing', 'lost-cause', 'do-not-disturb'] as const
export type Archetype = (typeof ARCHETYPES)[number]

/** What being of one archetype changes. */
export interface ArchetypeSpec {
  /** Relative weight among the four, before the public traits tilt it. */
  readonly weight: number
  /** Added to the weight by plan, in the order of `Scenario.plans`. */
  readonly byPlan: readonly number[]
  /** Added to the weight of users with more than `Scenario.longTenureDays`. */
  readonly ifLongTenure: number
  /** Added to the logit of a natural visit. */
  readonly visitLogit: number
  /** Added to the logit of a response on every channel. */
  readonly responseLogit: number
  /** Multiplies the chance of an order on a visit that a message brought. */
  readonly lift: number
  /** Share of message-brought orders that replaces an order the user would have placed within weeks, in [0, 1]. */
  readonly substitution: number
  /** Logit of natural visits lost for days after one unopened message, per unit of fatigue it leaves (at least 1). */
  readonly irritation: number
  /** Multiplies every opt-out hazard. */
  readonly hazard: number
}

/** How one channel behaves. */
export interface ChannelSpec {
  /** Logit of opening (push: tapping; in-app: reacting once shown) for an average message. */
  readonly openLogit: number
  /** Standard deviation of users around it. */
  readonly responseSd: number
  /** Logit of a click given an open; push and in-app: an open is a click. */
  readonly clickLogit: number
  /** Chance that a message not opened still brings a visit within a day, before fatigue. */
  readonly influence: number
  /** Fatigue halves in so many days. */
  readonly fatigueHalfLifeDays: number
  /** Logit of opening lost per unit of fatigue; one send adds one unit. */
  readonly fatigueWeight: number
  /** Chance that an unopened marketing message to a rested user of average tolerance makes them opt out. */
  readonly optOutHazard: number
  /** Growth of the log hazard per unit of fatigue. */
  readonly optOutGrowth: number
  /** Median minutes from sending to opening. */
  readonly openMedianMinutes: number
  /** Chance that a send is lost for a passing reason. */
  readonly failure: number
}

/** How a producer's claims relate to the truth. */
export type ClaimStyle = 'honest' | 'inflated' | 'stale' | 'none'

/** One wording of a message and how well it works. */
export interface VariantSpec {
  readonly name: string
  /** Added to the logit of opening for everybody. */
  readonly openLogit: number
  /** Added for price-sensitive users, subtracted for the others; zero when the wording suits all alike. */
  readonly priceTilt: number
  readonly content: Readonly<Partial<Record<Channel, Content>>>
}

/** One upstream system that proposes one message family. */
export interface ProducerSpec {
  readonly producer: string
  readonly message: string
  readonly category: Category
  readonly topic: string
  readonly channels: readonly WorldChannel[]
  /** `daily`: with this chance every day; `lapsed`: only without a visit for `afterDays`; `ordered`: the day after an order. */
  readonly trigger:
    | { readonly kind: 'daily'; readonly chance: number }
    | { readonly kind: 'lapsed'; readonly chance: number; readonly afterDays: number }
    | { readonly kind: 'ordered'; readonly chance: number }
  /** Windows last from one to this many whole days. */
  readonly windowDays: number
  /** Multiplies the chance of an order on a visit the message brought. */
  readonly orderLift: number
  /** Added to the logit of opening. */
  readonly openLogit: number
  readonly claimStyle: ClaimStyle
  /** The mean claim, in the currency, at relevance 0. */
  readonly claimScale: number
  /** Standard deviation of the log of a claim around what it should be. */
  readonly claimNoiseSd: number
  readonly variants: readonly VariantSpec[]
}

/** A change of the rules from one world day on; all that have begun add up. What is left out stays as it was. */
export interface ShiftSpec {
  readonly fromDay: number
  /** Message families it holds for; all but transactional ones if left out. */
  readonly messages?: readonly string[]
  /** Added to the logit of opening. */
  readonly openLogit?: number
  /** Multiplies the chance that a message not opened still brings a visit. */
  readonly influence?: number
  /** Multiplies the chance of an order on a visit the message brought. */
  readonly orderLift?: number
  /** Multiplies the habit that an open adds; below 0 an open wears habit down. */
  readonly habit?: number
  /** Added to the logit of everybody's natural visit; the whole world's, whatever `messages` says. */
  readonly visitLogit?: number
}

/** Every parameter of a simulated world. Logits are natural, half-lives and horizons in days, money in `currency`. */
export interface Scenario {
  readonly name: string
  readonly currency: string
  readonly zones: readonly { readonly name: string; readonly share: number }[]
  readonly plans: readonly { readonly name: string; readonly share: number }[]
  readonly longTenureDays: number
  readonly meanTenureDays: number
  readonly archetypes: readonly [ArchetypeSpec, ArchetypeSpec, ArchetypeSpec, ArchetypeSpec]
  /** Shares that allow push, that gave an address, whose address is dead, whose mail is fetched by a proxy. */
  readonly reach: {
    readonly iosShare: number
    readonly pushIos: number
    readonly pushAndroid: number
    readonly email: number
    readonly deadAddress: number
    readonly mailProxy: number
  }
  readonly visit: {
    readonly logit: number
    readonly logitSd: number
    readonly weekendLogit: number
    /** Amplitude of the yearly season on the logit, and its mean and spread of a user's change per day. */
    readonly seasonLogit: number
    readonly driftPerDay: number
    readonly driftSdPerDay: number
    /** Natural visits keep this share after the application was uninstalled. */
    readonly keptAfterUninstall: number
  }
  readonly order: {
    /** Logit of an order on a natural visit, and its spread over users. */
    readonly logit: number
    readonly logitSd: number
    readonly meanValue: number
    readonly valueSdLog: number
    readonly revenueSdLog: number
    /** An order lowers the wish for another, by substitution; the effect halves in so many days. */
    readonly recoveryHalfLifeDays: number
    readonly delayedShare: number
    readonly delayMeanDays: number
  }
  /** Value of a visit by itself (advertising, subscription), in the currency. */
  readonly valuePerVisit: number
  readonly channels: Readonly<Record<WorldChannel, ChannelSpec>>
  readonly response: {
    /** Logits of opening per standard deviation of affinity and relevance, and per unit of log circadian density. */
    readonly affinityWeight: number
    readonly relevanceWeight: number
    readonly circadianWeight: number
    /** Log of order lift per unit of relevance and of affinity. */
    readonly relevanceLift: number
    readonly affinityLift: number
    /** Relative loss of response per recent send of the family; a send counts half after `noveltyHalfLifeDays`. */
    readonly noveltyPenalty: number
    readonly noveltyHalfLifeDays: number
  }
  readonly habit: { readonly perOpen: number; readonly halfLifeDays: number; readonly visitLogit: number }
  /** Natural visits a message-brought visit replaces: share on the next day, and its half-life. */
  readonly pullForward: { readonly share: number; readonly halfLifeDays: number }
  readonly irritationHalfLifeDays: number
  readonly harm: {
    readonly toleranceSdLog: number
    /** An opened message keeps this share of the opt-out hazard. */
    readonly openedShare: number
    readonly complaint: number
    readonly uninstall: number
    readonly uninstallGrowth: number
    /** Log of all hazards per unit of relevance (negative: what fits does not annoy). */
    readonly relevanceHazard: number
  }
  readonly circadian: {
    readonly peaks: readonly { readonly hour: number; readonly weight: number; readonly kappa: number }[]
    readonly shiftSdHours: number
  }
  readonly producers: readonly ProducerSpec[]
  /** Local hour at which business as usual sends; 18 if left out. */
  readonly usualHour?: number
  /** What changes on the way: drift of taste, or an early signal that stops predicting the long term. */
  readonly shifts?: readonly ShiftSpec[]
  /** How many people and days a run has unless it says otherwise. */
  readonly size?: { readonly users: number; readonly days: number }
  /** One sentence for lists. */
  readonly about?: string
}
