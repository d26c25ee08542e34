import type {
  LoggerEstimatorName,
  MomentEstimatorName,
  SlateEstimatorName,
  TrajectoryEstimatorName,
} from '@paloma/core'

const SLATE_WORDS: Readonly<Record<SlateEstimatorName, string>> = {
  cascadeDr: 'Cascade-DR',
  snCascadeDr: 'Cascade-DR, self-normalised',
  snrips: 'RIPS, self-normalised',
  rips: 'RIPS, by prefix',
  sniips: 'IIPS, self-normalised',
  iips: 'IIPS, by position',
  snsips: 'SIPS, self-normalised',
  sips: 'SIPS, by slate',
}

const TRAJECTORY_WORDS: Readonly<Record<TrajectoryEstimatorName, string>> = {
  dr: 'DR by steps',
  sndr: 'DR by steps, self-normalised',
  snpdis: 'PDIS, self-normalised',
  pdis: 'PDIS, by prefix',
  sntis: 'TIS, self-normalised',
  tis: 'TIS, by whole trajectories',
  fqe: 'FQE, the model alone',
}

const MOMENT_WORDS: Readonly<Record<MomentEstimatorName, string>> = {
  dr: 'DR, by kernel',
  sndr: 'SNDR, by kernel',
  snips: 'SNIPS, by kernel',
  ips: 'IPS, by kernel',
  dm: 'DM, the model alone',
}

/** What estimators of whole units are called. */
export const UNIT_ESTIMATOR_WORDS: Readonly<
  Record<'slates' | 'trajectories' | 'moments', Readonly<Record<string, string>>>
> = {
  slates: SLATE_WORDS,
  trajectories: TRAJECTORY_WORDS,
  moments: MOMENT_WORDS,
}

/** What estimators of several loggers are called. */
export const LOGGER_ESTIMATOR_WORDS: Readonly<Record<LoggerEstimatorName, string>> = {
  balancedDr: 'DR, balanced',
  balancedSnips: 'SNIPS, balanced',
  balancedIps: 'IPS, balanced',
  naiveDr: 'DR, by own logger',
  naiveSnips: 'SNIPS, by own logger',
  naiveIps: 'IPS, by own logger',
  weightedDr: 'DR, loggers weighted',
  weightedIps: 'IPS, loggers weighted',
}
