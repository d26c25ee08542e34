import {
  DAY_MS,
  draftOf,
  type Experiment,
  type ExperimentChange,
  type ExposureCount,
  rampExperiment,
  sampleRatios,
  startExperiment,
  stopExperiment,
} from '@paloma/core'
import type { PlanFromLog, Usecases } from '../../usecases/contract.ts'
import type { Stored } from './stored.ts'

/** Experiments in a map, moved by the same functions as the real ones; nothing is known of names or exposures. */
export function fakeExperiments({ now: at }: Stored): Usecases['experiments'] {
  const all = new Map<string, Experiment>()
  const trail: ExperimentChange[] = []
  const put = (experiment: Experiment, actor: string, action: ExperimentChange['action']): Experiment => {
    const { key } = experiment.design
    if (all.get(key) === experiment) return experiment
    all.set(key, experiment)
    trail.push({ key, revision: experiment.revision, at, actor, action, note: '' })
    return experiment
  }
  const step = (key: string, make: (known: Experiment) => Experiment): Experiment | undefined => {
    const known = all.get(key)
    return known === undefined ? undefined : make(known)
  }
  const running = (): readonly Experiment[] => [...all.values()].filter(({ status }) => status === 'running')
  return {
    async create(design, actor) {
      const known = all.get(design.key)
      if (known !== undefined) return { experiment: known, faults: [], status: 'duplicate' }
      return { experiment: put(draftOf(design, at), actor, 'create'), faults: [], status: 'created' }
    },
    list: async () => [...all.values()],
    get: async (key) => {
      const experiment = all.get(key)
      return experiment && { experiment, faults: [], changes: trail.filter((change) => change.key === key) }
    },
    start: async (key, actor) =>
      step(key, (known) => {
        const scene = { at, layers: [], stateId: 1, faults: [], running: running() }
        return put(startExperiment(known, scene), actor, 'start')
      }),
    ramp: async (key, ramp, actor) => step(key, (known) => put(rampExperiment(known, ramp, at), actor, 'ramp')),
    stop: async (key, end, actor) => step(key, (known) => put(stopExperiment(known, end, at), actor, 'stop')),
    // Reading out is the engine's part, which tests of use cases look at.
    results: async () => undefined,
    plan: async (key, options) => {
      const experiment = all.get(key)
      return experiment && planWithoutPast(key, { ...options, until: at })
    },
    async exposures(key) {
      const experiment = all.get(key)
      if (experiment === undefined) return undefined
      const counts: readonly ExposureCount[] = []
      return { key, users: 0, crossed: 0, counts, sampleRatios: sampleRatios(experiment.phases, counts) }
    },
  }
}

/** Of a metric that nobody had long enough. */
function planWithoutPast(
  key: string,
  { from, days, until }: Pick<PlanFromLog['basis'], 'from' | 'days' | 'until'>,
): PlanFromLog {
  const fault = 'metric "revenue" expects at least 100 users whose window of 7 days has closed, got 12'
  const past = { name: 'revenue', role: 'success', units: 12, mean: 3.25, stdDeviation: 1.5, explained: 0.125 } as const
  const counts = { unit: 'user', units: 40, users: 40, share: 0.5, unitsPerDay: 20 / days, triggerRate: 0.8 } as const
  return {
    ...{ key, plan: null, faults: [{ pointer: '/metrics/0', detail: fault }], metrics: [{ ...past, fault }] },
    basis: { from, since: until - days * DAY_MS, until, days, ...counts },
  }
}
