import {
  type Decision,
  type ExperimentDesign,
  GROUPS,
  type Group,
  type LayerPlace,
  MINUTE_MS,
  type Refusal,
} from '../domain/index.ts'
import { couldMatter } from './exposure.ts'
import { takesPart } from './layer.ts'
import { clusterOf, slotAt } from './switchback.ts'
import { isTargeted } from './targeting.ts'

/** What a record of the past says of a user and an experiment that did not run then. */
export type PastExposure =
  /** He would not have been among its users. */
  | 'outside'
  /** He would, and nothing it changes could have mattered to this decision. */
  | 'unmoved'
  | 'exposed'

/** What of a past decision is looked at. */
export type PastDecision = Pick<Decision, 'userId' | 'at' | 'reason' | 'actions' | 'refused' | 'assignments' | 'inputs'>

/**
 * Whether a past decision would have exposed its user to an experiment, by the same rule as a running one: what could be
 * sent, and who the user was then. Shares of buckets are not drawn, so that all users tell of those who would be, except where slots
 * of time are randomised: there fewer users make another slot, and the start of every slot is left out as if each began
 * with a change of variant. Assumes that other experiments of that time would have kept back the same. A transactional message that
 * had to wait for its moment looks like any other.
 */
export function pastExposure(design: ExperimentDesign, place: LayerPlace, decision: PastDecision): PastExposure {
  const { groups, targeting, unit } = design
  const { profile } = decision.inputs.user
  const group = groupOf(decision)
  const isOurs = group !== null && groups.includes(group) && profile.consent.exploration
  if (!isOurs || !isTargeted(targeting, profile.traits)) return 'outside'
  if (unit.kind === 'switchback') {
    const slot = slotAt(unit, decision.at)
    const isCounted = decision.at - slot.since >= unit.washoutMinutes * MINUTE_MS
    const hasSlot = clusterOf(unit, profile.traits) !== null
    if (!isCounted || !hasSlot || !takesPart(place, design, decision.userId)) return 'outside'
  }
  const isMandatory = decision.reason === 'transactional'
  return !isMandatory && couldMatter(design, decision, openOnes(decision)) ? 'exposed' : 'unmoved'
}

/** Its comparison group; it comes first among the assignments. */
function groupOf({ assignments: [first] }: PastDecision): Group | null {
  return GROUPS.find((group) => group === first?.variant && first.experiment === 'group') ?? null
}

/** What could have been sent, with what only another experiment kept back. */
function openOnes({
  actions,
  refused,
  inputs,
}: PastDecision): readonly { readonly opportunity: { message: string } }[] {
  const messageOf = (opportunityId: (typeof inputs.opportunityIds)[number]): string =>
    inputs.messages[inputs.opportunityIds.indexOf(opportunityId)] ?? ''
  const sends = actions.flatMap((action) => (action.kind === 'send' ? [action] : []))
  const keptBack = refused.filter(({ refusals }) => refusals.every(isOfExperiment)).map(({ candidate }) => candidate)
  return [...sends, ...keptBack].map(({ opportunityId }) => ({ opportunity: { message: messageOf(opportunityId) } }))
}

/** What is withheld all the time stays withheld beside any experiment. */
function isOfExperiment({ reason, rule = '' }: Refusal): boolean {
  return reason === 'withheld' && !rule.startsWith('withhold:')
}
