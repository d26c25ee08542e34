import type { ExperimentSetup } from './experiment.ts'
import type { FeatureSchema } from './feature-schema.ts'
import type { Group, GroupRule } from './group.ts'
import type { MessageSettings } from './message-settings.ts'
import type { Objective } from './objective.ts'
import type { PolicyArtifact } from './policy-artifact.ts'
import type { PolicyState } from './policy-state.ts'
import type { PriceTarget } from './price-target.ts'
import type { Rules } from './rules.ts'

/** The frozen rules, prices, groups, features and policy a decision is made with. */
export interface Snapshot {
  /** Content hash of everything but the policy state. */
  readonly version: string
  readonly objectives: readonly Objective[]
  readonly rules: Rules
  readonly features: FeatureSchema
  readonly groups: Readonly<Record<Group, GroupRule>>
  readonly groupSalt: string
  /** Dual price per resource (`channel:email`, `message:price-drop`), on the common value scale. */
  readonly prices: Readonly<Record<string, number>>
  readonly state: PolicyState
  /** What prices in the state are to keep; absent: nothing. */
  readonly priceTargets?: readonly PriceTarget[]
  /** Absent: no experiment runs and nothing is withheld. */
  readonly experiments?: ExperimentSetup
  /** Absent: nothing is learned of single messages. */
  readonly messages?: MessageSettings
  /** What a slow model says of effects; heads learn what it leaves. Absent: they start from the objectives' priors. */
  readonly artifact?: PolicyArtifact
}
