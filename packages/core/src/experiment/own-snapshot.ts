import type {
  EpochMs,
  ExperimentVariant,
  GroupRule,
  RunningExperiment,
  Snapshot,
  UserProfile,
  VariantChange,
} from '../domain/index.ts'
import { PalomaError } from '../domain/index.ts'
import { groupOf } from './assignment.ts'
import { type Membership, membershipOf, type Subject } from './membership.ts'

/** One experiment that a user takes part in. */
export interface Participation {
  readonly experiment: RunningExperiment
  readonly membership: Membership
  readonly change: VariantChange
}

/** What holds for one user at one moment: the snapshot with the changes of all variants he is in. */
export interface OwnSnapshot {
  /** Under the version of the snapshot it was made of. */
  readonly snapshot: Snapshot
  readonly participations: readonly Participation[]
}

const NOWHERE: readonly Participation[] = []

/** Snapshots that were derived, by what they were derived from and the variants that changed them. */
const derived = new WeakMap<Snapshot, Map<string, Snapshot>>()

/**
 * The snapshot as it holds for one user. Two experiments that change the same thing never share users (`conflictOf`), so
 * the order in which changes are made does not matter.
 */
export function ownSnapshot(snapshot: Snapshot, subject: Subject, now: EpochMs): OwnSnapshot {
  const running = snapshot.experiments?.running ?? []
  if (running.length === 0) return { snapshot, participations: NOWHERE }
  const participations = participationsOf(running, subject, now)
  if (participations.length === 0) return { snapshot, participations: NOWHERE }
  return { snapshot: derivedFrom(snapshot, participations), participations }
}

function participationsOf(
  running: readonly RunningExperiment[],
  subject: Subject,
  now: EpochMs,
): readonly Participation[] {
  const found: Participation[] = []
  for (const experiment of running) {
    const membership = membershipOf(experiment, subject, now)
    if (membership === null) continue
    found.push({ experiment, membership, change: variantOf(experiment, membership.variant).change })
  }
  return found
}

function variantOf({ key, variants }: RunningExperiment, name: string): ExperimentVariant {
  const variant = variants.find((each) => each.name === name)
  if (variant !== undefined) return variant
  throw new PalomaError('VARIANT_MISSING', `experiment ${key} has no variant ${name}`)
}

function derivedFrom(snapshot: Snapshot, participations: readonly Participation[]): Snapshot {
  const key = participations.map(({ experiment, membership }) => `${experiment.key}=${membership.variant}`).join(' ')
  const known = derived.get(snapshot) ?? new Map<string, Snapshot>()
  derived.set(snapshot, known)
  const found = known.get(key)
  if (found !== undefined) return found
  const made = participations.reduce(withChange, snapshot)
  known.set(key, made)
  return made
}

function withChange(snapshot: Snapshot, { experiment, change }: Participation): Snapshot {
  const { policy, weights = {}, prices = {}, rules = {} } = change
  return {
    ...snapshot,
    objectives: snapshot.objectives.map((objective) => ({
      ...objective,
      weight: Object.hasOwn(weights, objective.name) ? weights[objective.name]! : objective.weight,
    })),
    prices: { ...snapshot.prices, ...prices },
    rules: { ...snapshot.rules, ...rules },
    groups: policy === undefined ? snapshot.groups : withPolicy(snapshot.groups, experiment.groups, { policy }),
  }
}

function withPolicy(
  groups: Snapshot['groups'],
  changed: RunningExperiment['groups'],
  policy: Pick<GroupRule, 'policy'>,
): Snapshot['groups'] {
  const own = changed.map((group) => [group, { ...groups[group], ...policy }] as const)
  return { ...groups, ...Object.fromEntries(own) }
}

/** What is known of a user when it is asked which variants he is in. */
type Known = Pick<UserProfile, 'userId' | 'traits' | 'consent'>

/** The snapshot as it holds for a user at a moment; the same that `decide` uses. */
export function snapshotFor(snapshot: Snapshot, profile: Known, now: EpochMs): Snapshot {
  if ((snapshot.experiments?.running.length ?? 0) === 0) return snapshot
  return ownSnapshot(snapshot, subjectOf(snapshot, profile), now).snapshot
}

/** Which policy state a user decides with, where it is not everybody's. */
export type OwnState =
  | { readonly kind: 'frozen'; readonly stateId: number }
  | { readonly kind: 'line'; readonly line: string }

/** The policy state that an experiment froze for a user, or that his variant learns; null for everybody's. */
export function ownStateOf(snapshot: Snapshot, profile: Known, now: EpochMs): OwnState | null {
  const own = snapshot.experiments?.running.filter(({ learning }) => learning !== 'shared') ?? []
  if (own.length === 0) return null
  const subject = subjectOf(snapshot, profile)
  for (const experiment of own) {
    const membership = membershipOf(experiment, subject, now)
    if (membership === null) continue
    const { stateId } = experiment
    return stateId === null
      ? { kind: 'line', line: lineOf(experiment, membership.variant) }
      : { kind: 'frozen', stateId }
  }
  return null
}

/** The name of the line of states that a variant learns. */
export function lineOf({ key }: Pick<RunningExperiment, 'key'>, variant: string): string {
  return `${key}/${variant}`
}

function subjectOf({ groups, groupSalt }: Snapshot, profile: Known): Subject {
  return { profile, group: groupOf(groups, groupSalt, profile.userId) }
}
