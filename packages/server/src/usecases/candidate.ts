import {
  assertNever,
  type Decision,
  type ExperimentSetup,
  ownStateOf,
  PalomaError,
  type PolicyState,
  runArtifactChecks,
  type Snapshot,
  shapeOf,
} from '@paloma/core'
import type { CandidateConfig, Config } from '../config/contract.ts'
import { partsOf } from './snapshot-keeper.ts'

/** A changed configuration, ready to decide again what was decided. */
export interface Candidate {
  readonly config: CandidateConfig
  /** What its states must have been learned under. */
  readonly schemaHash: string
  /** The snapshot it would have had where the log had another one; the same object for the same one. */
  snapshotFor(logged: Snapshot, decision: Pick<Decision, 'at' | 'inputs'>): Snapshot
}

/**
 * A candidate from its configuration. Experiments that ran go on as they ran; of the candidate's own settings of experiments only
 * withholding counts. It decides with what the log says was known then, or with one fixed state, but for users whose
 * experiment has states of its own.
 *
 * @throws PalomaError ARTIFACT_CHECK_FAILED or ARTIFACT_MISMATCH for an artifact that does not fit
 */
export function candidateOf(config: CandidateConfig, fixed: PolicyState | null): Candidate {
  const plain = partsOf(config, undefined)
  if (plain.artifact !== undefined) runArtifactChecks(plain.artifact)
  const { schemaHash } = shapeOf(plain)
  const made = new WeakMap<Snapshot, { logged?: Snapshot; fixed?: Snapshot }>()
  return {
    config,
    schemaHash,
    snapshotFor(logged, { at, inputs }) {
      const known = made.get(logged) ?? {}
      made.set(logged, known)
      const isOwn = fixed === null || ownStateOf(logged, inputs.user.profile, at) !== null
      const kind = isOwn ? 'logged' : 'fixed'
      known[kind] ??= {
        ...partsOf(config, experimentsBeside(logged.experiments, config)),
        version: CANDIDATE,
        state: isOwn ? logged.state : fixed,
      }
      return known[kind]
    },
  }
}

/** Only draws look at a snapshot's version. */
const CANDIDATE = 'candidate'

function experimentsBeside(
  logged: ExperimentSetup | undefined,
  { experiments: { withholding } }: Pick<Config, 'experiments'>,
): ExperimentSetup | undefined {
  const { running, layers } = logged ?? { running: [], layers: [] }
  return running.length > 0 || layers.length > 0 || withholding !== null ? { running, layers, withholding } : undefined
}

/** Whether what was learned for `logged` may be used by the candidate; else the first part that makes the difference. */
export function misfitOf({ config, schemaHash }: Candidate, logged: Snapshot): PalomaError | null {
  if (schemaHash === logged.state.schemaHash) return null
  const part = MEANINGFUL.find((each) => isOther(each, config, logged))
  if (part === undefined) {
    return new PalomaError(
      'CANDIDATE_UNFIT',
      'the log was decided by a version of Paloma that encodes features otherwise',
      {
        pointer: '',
        hint: 'name a later stretch of the log',
      },
    )
  }
  return new PalomaError('CANDIDATE_UNFIT', `/${part} ${expectedOf(part)}`, {
    pointer: `/${part}`,
    hint: 'what was learned then was learned under other columns or rewards: leave them as they are, or try the change in an experiment',
  })
}

const MEANINGFUL = ['objectives', 'features', 'rules/channels', 'artifact'] as const
type Meaningful = (typeof MEANINGFUL)[number]

function isOther(part: Meaningful, config: CandidateConfig, logged: Snapshot): boolean {
  switch (part) {
    case 'objectives':
      return meaningOf(config.objectives) !== meaningOf(logged.objectives)
    case 'features':
      return JSON.stringify(config.features) !== JSON.stringify(logged.features)
    case 'rules/channels':
      return namesOf(config.rules.channels) !== namesOf(logged.rules.channels)
    case 'artifact':
      return JSON.stringify(config.artifact) !== JSON.stringify(logged.artifact ?? null)
    default:
      return assertNever(part)
  }
}

/** Objectives without what may change freely. */
function meaningOf(objectives: Config['objectives']): string {
  return JSON.stringify(
    objectives.map(
      ({ name, aggregate, events, valueProperty, windowHours, model, worth, scale, priorEffectSd, noiseSd }) => [
        ...[name, aggregate, events, valueProperty, windowHours, model, worth, scale, priorEffectSd, noiseSd],
      ],
    ),
  )
}

function namesOf(channels: Config['rules']['channels']): string {
  return Object.keys(channels).sort().join(', ')
}

function expectedOf(part: Meaningful): string {
  switch (part) {
    case 'objectives':
      return 'must name the objectives of the log, with their events, windows and scales; weights may differ'
    case 'features':
      return 'must be the features of the log'
    case 'rules/channels':
      return 'must name the channels of the log; to see what the log says without one, give it a price or a cap of 0'
    case 'artifact':
      return 'must be the artifact of the log'
    default:
      return assertNever(part)
  }
}
