import { CHANNELS, type Channel } from './channel.ts'
import { REACH_LOSSES, type ReachLoss } from './outcome.ts'
import type { PolicyArtifact, SlowHazards, SlowLogOdds, SlowLoss, SlowPart } from './policy-artifact.ts'

/** What an artifact says of the effects of an objective; undefined where it says nothing. */
export function slowEffectOf({ objectives }: PolicyArtifact, name: string): SlowPart | undefined {
  const told = objectives[name]
  if (told === undefined || told.model === 'hazard') return undefined
  return told.model === 'response' ? told.beside : told
}

/** What an artifact says of the outcomes that name a send, beside its answer; undefined where it says nothing. */
export function slowOutcomesOf({ objectives }: PolicyArtifact, name: string): SlowLogOdds | undefined {
  const told = objectives[name]
  return told?.model === 'response' ? told.outcomes : undefined
}

/** A factor that an artifact holds at 1 is this unsure, because a variance must be above 0. */
const LEAST_SCALE_SD = 1e-6

/** How unsure the factor on what a part says is. */
export function factorSdOf({ scaleSd }: Pick<SlowPart, 'scaleSd'>): number {
  return Math.max(scaleSd, LEAST_SCALE_SD)
}

/** One cause of one channel of which an artifact speaks. */
export interface ToldLoss {
  readonly objective: string
  readonly channel: Channel
  readonly cause: ReachLoss
  readonly told: SlowLoss
}

/** The losses of which an artifact speaks, in the order of channels and causes; the first objective that speaks of one counts. */
export function slowLossesOf(artifact: PolicyArtifact | undefined): readonly ToldLoss[] {
  const all = Object.entries(artifact?.objectives ?? {}).flatMap(([objective, told]) =>
    told.model === 'hazard' ? lossesOf(objective, told) : [],
  )
  return CHANNELS.flatMap((channel) =>
    REACH_LOSSES.flatMap((cause) => all.find((loss) => loss.channel === channel && loss.cause === cause) ?? []),
  )
}

function lossesOf(objective: string, { losses }: SlowHazards): readonly ToldLoss[] {
  return CHANNELS.flatMap((channel) =>
    REACH_LOSSES.flatMap((cause) => {
      const told = losses[channel]?.[cause]
      return told === undefined ? [] : [{ objective, channel, cause, told }]
    }),
  )
}

/** What checks, explanations and errors call the log odds that an artifact may tell. */
export const ANSWERS = 'answers'

export function outcomesNamed(objective: string): string {
  return `outcomes of ${objective}`
}

export function lossNamed(channel: Channel, cause: ReachLoss): string {
  return `loss of ${channel} by ${cause}`
}

/** Where patterns of log odds go that an artifact tells: null, or no member, where it does not. */
export interface SlowLogOddsColumns {
  readonly answers: number | null
  /** By objective. */
  readonly outcomes: Readonly<Record<string, number>>
}
