export * from './assignment.ts'
export { type SplitLimit, splitLimit } from './budget-split.ts'
export { type DesignFault, designFaults, type KnownNames } from './check-design.ts'
export { type Cohort, cohortOf, mayBeInCohort, type ReadablePart, readablePart } from './cohorts.ts'
export { type Conflict, conflictOf, type Footprint, sharesUsers } from './conflict.ts'
export { type Exposed, type ExposureScene, type Screened, withExperiments } from './exposure.ts'
export { holdoutStart, isHeldOut } from './layer.ts'
export {
  draftOf,
  footprintOf,
  invalidDesign,
  placeOf,
  type Ramp,
  rampExperiment,
  runningPart,
  type StartScene,
  startExperiment,
  stopExperiment,
  stoppedExperiment,
} from './life-cycle.ts'
export { type LimitPart, limitPartOf, limitParts } from './limit-use.ts'
export { hashedVariant, type Membership, membershipOf, phaseAt, type Subject } from './membership.ts'
export {
  lineOf,
  type OwnSnapshot,
  type OwnState,
  ownSnapshot,
  ownStateOf,
  type Participation,
  snapshotFor,
} from './own-snapshot.ts'
export { type PastDecision, type PastExposure, pastExposure } from './past-exposure.ts'
export { type PhaseCount, type PhaseSampleRatio, sampleRatios } from './sample-ratios.ts'
export { clusterOf } from './switchback.ts'
export { isTargeted } from './targeting.ts'
export { rangesOf, reweighted, variantAt, weightsOfRanges } from './variant-ranges.ts'
export { type Withheld, withheldOf, withheldShare } from './withholding.ts'
