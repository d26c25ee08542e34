import type {
  Assignment,
  Candidate,
  EpochMs,
  ExperimentSetup,
  Group,
  Opportunity,
  Refusal,
  RefusalReason,
  UserProfile,
} from '../domain/index.ts'
import { isHeldOut } from './layer.ts'
import type { Participation } from './own-snapshot.ts'
import { type Withheld, withheldOf } from './withholding.ts'

/** A candidate that passed every rule; what else is known of it is the caller's. */
interface Passed {
  readonly candidate: Candidate
  readonly opportunity: Pick<Opportunity, 'message' | 'category'>
}

/** What the rules left of one user's candidates. */
export interface Screened<P extends Passed> {
  readonly eligible: readonly P[]
  readonly refused: readonly { readonly candidate: Candidate; readonly refusals: readonly Refusal[] }[]
  /** A transactional message must be sent: nothing is experimented on. */
  readonly mandatory: boolean
}

/** What experiments look at in a decision, beside its candidates. */
export interface ExposureScene {
  readonly setup: ExperimentSetup
  readonly participations: readonly Participation[]
  readonly profile: Pick<UserProfile, 'userId' | 'consent'>
  readonly group: Group
  readonly now: EpochMs
}

/** What experiments leave of the candidates, and what they did. */
export interface Exposed<P extends Passed> extends Screened<P> {
  readonly assignments: readonly Assignment[]
}

const NONE: readonly Assignment[] = []

/** Refusals that a variant's own limits can bring about or lift. */
const LIMIT_REASONS: readonly RefusalReason[] = ['capped', 'minimum-gap', 'quiet-hours']

/**
 * Keeps back what variants and withholding keep back, and says of each assignment whether it could matter here. Whether
 * it could is asked before anything is kept back and never depends on the variant, or the users who count would differ
 * between variants.
 */
export function withExperiments<P extends Passed>(screened: Screened<P>, scene: ExposureScene): Exposed<P> {
  const { setup, participations } = scene
  if (participations.length === 0 && setup.layers.length === 0 && setup.withholding === null) {
    // Named, not spread: this is every decision's way where nothing runs.
    const { eligible, refused, mandatory } = screened
    return { eligible, refused, mandatory, assignments: NONE }
  }
  const isOptional = ({ opportunity }: P): boolean => opportunity.category !== 'transactional'
  const optional = screened.mandatory ? [] : screened.eligible.filter(isOptional)
  const withheld = withheldMessages(optional, scene)
  // What is withheld from a user whatever his variants cannot make one of them matter.
  const open = optional.filter(({ opportunity }) => withheld.get(opportunity.message)?.isWithheld !== true)
  const assignments = [
    ...participations.map((each) => assignmentOf(each, screened, open)),
    ...layerAssignments(scene, open.length > 0),
    ...[...withheld.values()].map(({ experiment, isWithheld }) => ({
      ...{ experiment, variant: isWithheld ? 'withheld' : 'open' },
      exposed: true,
    })),
  ]
  if (screened.mandatory) return { ...screened, assignments }
  return { ...keptBack(screened, { ...scene, withheld }), assignments }
}

/** By message family among the candidates, where it is withheld from anybody. */
function withheldMessages<P extends Passed>(
  optional: readonly P[],
  { setup: { withholding }, group, profile, now }: ExposureScene,
): ReadonlyMap<string, Withheld> {
  const found = new Map<string, Withheld>()
  if (withholding === null || !withholding.groups.includes(group) || !profile.consent.exploration) return found
  for (const { opportunity } of optional) {
    if (found.has(opportunity.message)) continue
    const withheld = withheldOf(withholding, { message: opportunity.message, userId: profile.userId }, now)
    if (withheld !== null) found.set(opportunity.message, withheld)
  }
  return found
}

function layerAssignments({ setup, group, profile }: ExposureScene, exposed: boolean): readonly Assignment[] {
  if (group === 'holdout' || !profile.consent.exploration) return []
  return setup.layers.map((layer) => ({
    experiment: `layer:${layer.name}`,
    variant: isHeldOut(layer, profile.userId) ? 'holdout' : 'open',
    exposed,
  }))
}

function assignmentOf<P extends Passed>(
  { experiment, membership }: Participation,
  screened: Screened<P>,
  optional: readonly P[],
): Assignment {
  const { variant, phase, moved, counts, slot, cluster } = membership
  return {
    experiment: experiment.key,
    variant,
    phase,
    exposed: counts && !screened.mandatory && couldMatter(experiment, screened, optional),
    moved,
    ...(slot === undefined ? {} : { slot }),
    ...(cluster === undefined ? {} : { cluster }),
  }
}

/** What the variants of an experiment change together; the same for all of them. */
interface Reach {
  /** Policy, weights or prices: whatever may be sent. */
  readonly isAboutAll: boolean
  readonly isAboutLimits: boolean
  readonly messages: ReadonlySet<string>
}

type Changing = Pick<Participation['experiment'], 'variants'>

const reaches = new WeakMap<Changing, Reach>()

function reachOf(experiment: Changing): Reach {
  const known = reaches.get(experiment)
  if (known !== undefined) return known
  const changes = experiment.variants.map(({ change }) => change)
  const made: Reach = {
    isAboutAll: changes.some(({ policy, weights, prices }) => (policy ?? weights ?? prices) !== undefined),
    isAboutLimits: changes.some(({ rules }) => rules !== undefined),
    messages: new Set(changes.flatMap(({ messages = {} }) => Object.keys(messages))),
  }
  reaches.set(experiment, made)
  return made
}

/** Whether some variant could make a difference to a decision among these candidates, whoever it is for. */
export function couldMatter(
  experiment: Changing,
  { refused }: Pick<Screened<Passed>, 'refused'>,
  optional: readonly { readonly opportunity: Pick<Opportunity, 'message'> }[],
): boolean {
  const { isAboutAll, isAboutLimits, messages } = reachOf(experiment)
  if (optional.length > 0) {
    return isAboutAll || isAboutLimits || optional.some(({ opportunity }) => messages.has(opportunity.message))
  }
  return isAboutLimits && refused.some(({ refusals }) => refusals.every(isLimit))
}

function isLimit({ reason }: Refusal): boolean {
  return LIMIT_REASONS.includes(reason)
}

function keptBack<P extends Passed>(
  { eligible, refused }: Screened<P>,
  { participations, withheld }: ExposureScene & { readonly withheld: ReadonlyMap<string, Withheld> },
): Screened<P> {
  const changed = participations.filter(({ change }) => change.messages !== undefined)
  if (changed.length === 0 && withheld.size === 0) return { eligible, refused, mandatory: false }
  const left: P[] = []
  const kept = [...refused]
  for (const item of eligible) {
    const rule = item.opportunity.category === 'transactional' ? null : ruleAgainst(item, changed, withheld)
    if (rule === null) left.push(item)
    else {
      const { opportunityId, variant, channel, sendAt } = item.candidate
      kept.push({ candidate: { opportunityId, variant, channel, sendAt }, refusals: [{ reason: 'withheld', rule }] })
    }
  }
  return { eligible: left, refused: kept, mandatory: false }
}

/** The experiment that keeps a candidate back, or null. */
function ruleAgainst(
  { opportunity, candidate }: Passed,
  changed: readonly Participation[],
  withheld: ReadonlyMap<string, Withheld>,
): string | null {
  for (const { experiment, change } of changed) {
    const { messages = {} } = change
    const own = Object.hasOwn(messages, opportunity.message) ? messages[opportunity.message] : undefined
    if (own?.kind === 'withhold' || (own?.kind === 'wordings' && !own.names.includes(candidate.variant))) {
      return experiment.key
    }
  }
  const always = withheld.get(opportunity.message)
  return always?.isWithheld === true ? always.experiment : null
}
