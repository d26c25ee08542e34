import { DAY_MS, type EpochMs, type Experiment, HOUR_MS, messagePasses, PRE_DAYS } from '@paloma/core'
import type { Config } from '../config/contract.ts'
import { dayOf, midnightOf } from './kept-since.ts'

/** Something that still needs rows: nothing from `from` on may be deleted. */
export interface Hold {
  readonly from: EpochMs
  /** What it is, for people. */
  readonly reason: string
}

/** What is known when it is decided how far back the store shall go. */
export interface RetentionScene {
  readonly now: EpochMs
  readonly storeDays: number
  readonly experiments: readonly Experiment[]
  /** When the learner was last through with all that had matured; null for never. */
  readonly learnedAt: EpochMs | null
}

/** The first moment that `storeDays` alone would keep: a midnight, UTC. */
export function wantedSince({ now, storeDays }: Pick<RetentionScene, 'now' | 'storeDays'>): EpochMs {
  return midnightOf(now) - storeDays * DAY_MS
}

/**
 * What asks for more than `storeDays`: experiments that run or have not been stopped for so long, from before their first
 * exposure on; and decisions that the learner has yet to look at.
 */
export function holdsOf(
  config: Pick<Config, 'metrics' | 'objectives' | 'learning' | 'messages'>,
  scene: RetentionScene,
): readonly Hold[] {
  const wanted = wantedSince(scene)
  return [...experimentHolds(config, scene), ...learningHolds(config, scene)].filter(({ from }) => from < wanted)
}

/** Whether an experiment is still read out of the store. */
export function isHeld({ phases, end }: Pick<Experiment, 'phases' | 'end'>, wanted: EpochMs): boolean {
  return phases.length > 0 && (end === null || end.at >= wanted)
}

/** The first moment that the read-out of an experiment looks at. */
export function readFrom(config: Pick<Config, 'metrics'>, { phases: [first] }: Pick<Experiment, 'phases'>): EpochMs {
  return (first?.since ?? Infinity) - preMs(config)
}

/** The longest time before exposure that any metric looks at. */
export function preMs({ metrics }: Pick<Config, 'metrics'>): number {
  const days = metrics.map(({ regressionAdjustmentSettings: own }) => own?.days ?? PRE_DAYS)
  return Math.max(PRE_DAYS, ...days) * DAY_MS
}

function experimentHolds(config: Pick<Config, 'metrics'>, scene: RetentionScene): readonly Hold[] {
  const wanted = wantedSince(scene)
  return scene.experiments
    .filter((experiment) => isHeld(experiment, wanted))
    .map((experiment) => {
      const { design, end } = experiment
      const state =
        end === null ? 'still runs' : `was stopped on ${dayOf(end.at)}, less than ${scene.storeDays} days ago`
      return { from: midnightOf(readFrom(config, experiment)), reason: `experiment ${design.key} ${state}` }
    })
}

function learningHolds(
  { objectives, learning, messages }: Pick<Config, 'objectives' | 'learning' | 'messages'>,
  { learnedAt }: RetentionScene,
): readonly Hold[] {
  if (learnedAt === null) return [{ from: 0, reason: 'nothing has been learned yet' }]
  const windows = objectives.map(({ windowHours }) => windowHours)
  const ages =
    messages === null ? [] : messagePasses({ settings: messages, objectives }).map(({ ageHours }) => ageHours)
  const reachMs = (Math.max(...windows, ...ages) + learning.latenessHours) * HOUR_MS
  return [{ from: midnightOf(learnedAt - reachMs), reason: `nothing has been learned since ${dayOf(learnedAt)}` }]
}
