export {
  type Eligibility,
  type EligibilityInput,
  type EligibleCandidate,
  EVERY_VARIANT,
  eligibleCandidates,
  type RefusedCandidate,
} from './eligible-candidates.ts'
export { type LastMomentItem, type LastMomentVerdict, lastMomentCheck } from './last-moment-check.ts'
