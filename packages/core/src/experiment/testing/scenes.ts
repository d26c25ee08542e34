import {
  DEFAULT_CONSENT,
  type ExperimentDesign,
  type RunningExperiment,
  type UserProfile,
  userId,
} from '../../domain/index.ts'
import { BUCKETS } from '../assignment.ts'
import { draftOf, runningPart, startExperiment } from '../life-cycle.ts'
import type { Subject } from '../membership.ts'

/** Two variants, half and half of everybody in `paloma`, and what differs from it. */
export function designOf(over: Partial<ExperimentDesign> = {}): ExperimentDesign {
  const key = over.key ?? 'greedy-or-not'
  return {
    key,
    hypothesis: 'a greedy policy sells more',
    salt: key,
    layer: null,
    isExclusive: false,
    groups: ['paloma'],
    targeting: [],
    unit: { kind: 'user' },
    variants: [
      { name: 'control', change: {} },
      { name: 'greedy', change: { policy: { kind: 'greedy', floor: 0 } } },
    ],
    control: 'control',
    weights: { control: BUCKETS / 2, greedy: BUCKETS / 2 },
    traffic: BUCKETS,
    learning: 'shared',
    metrics: [],
    horizon: { kind: 'open', expectedUsers: 10_000 },
    ...over,
  }
}

/** The same, running since the epoch. */
export function runningOf(over: Partial<ExperimentDesign> = {}): RunningExperiment {
  const scene = { at: 0, layers: [], stateId: 1, faults: [], running: [] }
  const running = runningPart(startExperiment(draftOf(designOf(over), 0), scene))
  if (running === undefined) throw new Error('a started experiment runs')
  return running
}

export function subjectOf(id: string, over: Partial<UserProfile> = {}, group: Subject['group'] = 'paloma'): Subject {
  return { profile: { userId: userId(id), traits: {}, consent: DEFAULT_CONSENT, ...over }, group }
}

export const USERS: readonly string[] = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
