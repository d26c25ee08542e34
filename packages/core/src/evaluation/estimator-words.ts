import type { EstimatorName } from './objective-evaluation.ts'

/** What estimators of single decisions are called, for people. */
export const ESTIMATOR_WORDS: Readonly<Record<EstimatorName, string>> = {
  dr: 'DR, the default',
  snips: 'SNIPS',
  ips: 'IPS',
  dm: 'DM, the model alone',
  drUnclipped: 'DR, not clipped',
  sndr: 'SNDR',
  drClipTuned: 'DR, clipped',
  switchDr: 'Switch-DR',
  drOs: 'DR, shrunk',
  subGaussianDr: 'DR, sub-Gaussian',
}
