import type { Room } from './room.ts'

/** What estimates are made of. */
const ESTIMATING = ['core/domain', 'core/numeric', 'core/random', 'core/statistics'] as const

const CORE_ROOMS = [
  'core/domain',
  'core/random',
  'core/numeric',
  'core/statistics',
  'core/experiment',
  'core/eligibility',
  'core/features',
  'core/learning',
  'core/policy',
  'core/allocation',
] as const

/** The rooms of the pure core. */
export const CORE: readonly Room[] = [
  {
    name: 'core/domain',
    holds: 'packages/core/src/domain/',
    purpose: 'The nouns: types, ids, units, local time, the one error class.',
    mayImport: [],
  },
  {
    name: 'core/random',
    holds: 'packages/core/src/random/',
    purpose: 'Hashes and seeded streams of chance.',
    mayImport: [],
  },
  {
    name: 'core/numeric',
    holds: 'packages/core/src/numeric/',
    purpose: 'Sums, matrices, quadrature, distribution functions.',
    mayImport: [],
  },
  {
    name: 'core/statistics',
    holds: 'packages/core/src/statistics/',
    purpose: 'Estimates with intervals; "no answer" has a reason.',
    mayImport: ['core/numeric', 'core/random'],
  },
  {
    name: 'core/experiment',
    holds: 'packages/core/src/experiment/',
    purpose: 'Unit → variant by hashing; layers, ramps, withholding; what running experiments change.',
    mayImport: ['core/domain', 'core/random', 'core/statistics'],
  },
  {
    name: 'core/eligibility',
    holds: 'packages/core/src/eligibility/',
    purpose: 'Consent, suppression, caps, gaps, quiet hours: which candidates may be chosen, and why others not.',
    mayImport: ['core/domain'],
  },
  {
    name: 'core/features',
    holds: 'packages/core/src/features/',
    purpose: 'User and moment → numbers, the same online and in batch.',
    mayImport: ['core/domain', 'core/random'],
  },
  {
    name: 'core/learning',
    holds: 'packages/core/src/learning/',
    purpose: 'Bayesian linear heads; rewards from outcomes; states in, states out.',
    mayImport: ['core/domain', 'core/random', 'core/numeric'],
  },
  {
    name: 'core/policy',
    holds: 'packages/core/src/policy/',
    purpose: 'Scores → distribution over actions; the one draw.',
    mayImport: ['core/domain', 'core/random', 'core/numeric'],
  },
  {
    name: 'core/allocation',
    holds: 'packages/core/src/allocation/',
    purpose: 'Shared limits: prices that keep them, rounding that never exceeds them.',
    mayImport: ['core/domain', 'core/numeric'],
  },
  {
    name: 'core/heterogeneity',
    holds: 'packages/core/src/heterogeneity/',
    purpose: 'Whether effects differ between users, tested on users the model has not seen.',
    mayImport: [...ESTIMATING, 'core/learning', 'core/evaluation'],
  },
  {
    name: 'core/readout',
    holds: 'packages/core/src/readout/',
    purpose: "From what an experiment's data say to effects and a decision.",
    mayImport: [...ESTIMATING, 'core/evaluation', 'core/heterogeneity'],
  },
  {
    name: 'core/evaluation',
    holds: 'packages/core/src/evaluation/',
    purpose: 'What a policy or a ranking is worth on a log of random choices.',
    mayImport: ['core/domain', 'core/numeric', 'core/random', 'core/statistics'],
  },
  {
    name: 'core/simulation',
    holds: 'packages/core/src/simulation/',
    purpose: 'A world of users, producers and channels whose truth is known.',
    mayImport: ['core/domain', 'core/random', 'core/numeric'],
  },
  {
    name: 'core/look-ahead',
    holds: 'packages/core/src/look-ahead.ts',
    purpose: 'What a send takes from later ones.',
    mayImport: CORE_ROOMS,
  },
  {
    name: 'core/compiled-snapshot',
    holds: 'packages/core/src/compiled-snapshot.ts',
    purpose: 'What decisions under one snapshot share.',
    mayImport: [...CORE_ROOMS, 'core/look-ahead'],
  },
  {
    name: 'core/evaluate',
    holds: 'packages/core/src/evaluate.ts',
    purpose: 'Values, prices and scores of the actions of one decision.',
    mayImport: [...CORE_ROOMS, 'core/look-ahead', 'core/compiled-snapshot'],
  },
  {
    name: 'core/features-to-learn',
    holds: 'packages/core/src/features-to-learn.ts',
    purpose: 'What a decision is learned from, when it is made and later under other features.',
    mayImport: [...CORE_ROOMS, 'core/look-ahead', 'core/compiled-snapshot', 'core/evaluate'],
  },
  {
    name: 'core/decide',
    holds: 'packages/core/src/decide.ts',
    purpose: 'One decision from snapshot, request, clock and chance.',
    mayImport: [...CORE_ROOMS, 'core/look-ahead', 'core/compiled-snapshot', 'core/evaluate', 'core/features-to-learn'],
  },
  {
    name: 'core/reweigh',
    holds: 'packages/core/src/reweigh.ts',
    purpose: 'What another snapshot would have done in a past decision.',
    mayImport: [...CORE_ROOMS, 'core/decide'],
  },
  {
    name: 'core/explain',
    holds: 'packages/core/src/explain.ts',
    purpose: 'What each feature added to a choice.',
    mayImport: [...CORE_ROOMS, 'core/compiled-snapshot', 'core/evaluate'],
  },
  {
    name: 'core/export-artifact',
    holds: 'packages/core/src/export-artifact.ts',
    purpose: 'What was learned, as a policy artifact.',
    mayImport: [...CORE_ROOMS, 'core/compiled-snapshot'],
  },
  {
    name: 'core',
    holds: 'packages/core/src/',
    purpose: 'The public surface of core.',
    mayImport: [
      ...CORE_ROOMS,
      'core/evaluation',
      'core/heterogeneity',
      'core/readout',
      'core/decide',
      'core/explain',
      'core/export-artifact',
      'core/features-to-learn',
      'core/reweigh',
    ],
  },
]
