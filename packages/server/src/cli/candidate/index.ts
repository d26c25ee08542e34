export {
  CANDIDATE_OPTIONS,
  type CandidateFlags,
  evaluateCandidateFile,
  withCandidateFlags,
} from './evaluate-candidate.ts'
