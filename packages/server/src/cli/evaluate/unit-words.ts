import type { SlateEstimatorName } from '@paloma/core'

/** What estimators of whole units are called. */
export const UNIT_ESTIMATOR_WORDS: Readonly<Record<SlateEstimatorName, string>> = {
  cascadeDr: 'Cascade-DR',
  snCascadeDr: 'Cascade-DR, self-normalised',
  snrips: 'RIPS, self-normalised',
  rips: 'RIPS, by prefix',
  sniips: 'IIPS, self-normalised',
  iips: 'IIPS, by position',
  snsips: 'SIPS, self-normalised',
  sips: 'SIPS, by slate',
}
