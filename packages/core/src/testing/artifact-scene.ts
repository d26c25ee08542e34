import { shapeOf } from '../decide.ts'
import { type Decision, type Opportunity, type PolicyArtifact, PRESSURE_NAMES, type Snapshot } from '../domain/index.ts'
import { featureContext, pressureOf } from '../features/index.ts'
import { initialState } from '../learning/index.ts'
import { NOW, RULES, snapshotOf } from './decision-scene.ts'

/** A server that has just loaded the artifact and learned nothing. */
export function withArtifact(artifact: PolicyArtifact | null, over: Partial<Snapshot> = {}): Snapshot {
  const parts = { ...over, ...(artifact === null ? {} : { artifact }) }
  const { features, objectives, rules } = snapshotOf(over)
  return snapshotOf({
    ...parts,
    state: initialState(objectives, shapeOf({ features, objectives, rules, ...parts }), 0),
  })
}

const NAMES: readonly string[] = PRESSURE_NAMES

/** One row of inputs, as `slowAnswersOf` takes it. */
export interface InputRow {
  readonly baseline: readonly number[]
  readonly action: readonly number[]
  readonly pressure: readonly number[]
}

/** The artifact's inputs for one action of a decision, found by the names of columns. */
export function inputsOf(
  snapshot: Snapshot,
  opportunities: readonly Opportunity[],
  decision: Decision,
  i: number,
): InputRow {
  const { encoder } = shapeOf(snapshot)
  const action = decision.actions[i]!
  const { user, context } = decision.inputs
  const x = featureContext(user, { now: NOW, context }, RULES.timeZone)
  const baseline = new Float64Array(encoder.baselineNames.length)
  const psi = new Float64Array(encoder.actionNames.length)
  encoder.encodeBaseline(x, baseline)
  if (action.kind === 'send') {
    const opportunity = opportunities.find(({ id }) => id === action.opportunityId)!
    const variant = opportunity.variants.find(({ name }) => name === action.variant)!
    encoder.encodeAction(x, { opportunity, variant, candidate: action }, { out: psi, offset: 0 })
  }
  const { inputs } = snapshot.artifact!
  const pressure = action.kind === 'send' ? pressureOf(x, action.channel) : []
  return {
    pressure: (inputs.pressure ?? []).map(({ name }) => pressure[NAMES.indexOf(name)] ?? 0),
    baseline: inputs.baseline.map(({ name }) => baseline[encoder.baselineNames.indexOf(name)]!),
    action: inputs.action.map(({ name }) => psi[encoder.actionNames.indexOf(name)]!),
  }
}
