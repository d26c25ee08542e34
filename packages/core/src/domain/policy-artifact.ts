import type { Channel } from './channel.ts'
import type { Aggregate } from './objective.ts'
import type { ReachLoss } from './outcome.ts'

export const ACTIVATIONS = ['identity', 'relu', 'tanh', 'silu'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/** One dense layer: out = activation(weights · in + bias), one row of weights per output. */
export interface DenseLayer {
  readonly weights: readonly (readonly number[])[]
  readonly bias: readonly number[]
  readonly activation: Activation
}

/** What the rewards of an objective mean; the server's objective of this name must mean the same. */
interface RewardMeaning {
  readonly events: readonly string[]
  readonly aggregate: Aggregate
  readonly valueProperty: string | null
  readonly windowHours: number
}

/** A function of a send, and how far it is to be believed. */
export interface SlowPart {
  /** Per unit of each input of `inputs.action`. */
  readonly direct: readonly number[]
  /** Per unit of each output of the last layer; empty where there are no layers. */
  readonly out: readonly number[]
  /** Standard deviation of the factor by which all of it may turn out larger or smaller than the model says; ≥ 0. */
  readonly scaleSd: number
  /** Standard deviation of what each feature may change beside the model; > 0. */
  readonly residualSd: number
}

/** The effect of a send in raw reward, for an objective of the model `effect`. */
export interface SlowEffect extends RewardMeaning, SlowPart {
  readonly model?: 'effect'
}

/**
 * Log odds of something that a send may bring: those of a usual send, and a pattern around 0 of how sends differ from it,
 * whose factor is learned. A level inside the pattern would move with the factor, and chances with it.
 */
export interface SlowLogOdds extends SlowPart {
  readonly level: number
  /** Standard deviation of the level; > 0. */
  readonly levelSd: number
}

/** A number and how unsure it is. */
interface Unsure {
  readonly mean: number
  readonly sd: number
}

/** What is known of an objective of the model `response`; what is absent starts from the owner's guesses. */
export interface SlowResponse extends RewardMeaning {
  readonly model: 'response'
  /** What an outcome that names the send has beside an answer: added to the log odds of the answer. */
  readonly outcomes?: SlowLogOdds
  /** Raw reward of one such outcome, as if it had been seen on so many; > 0. */
  readonly worth?: { readonly mean: number; readonly trials: number }
  /** By channel, the raw reward that comes of one that is expected by what names the send: 1 / `traced`, where nothing was lost or gained. */
  readonly factors?: Readonly<Record<string, Unsure>>
  /** The effect of a send in raw reward that no outcome names. */
  readonly beside?: SlowPart
}

/**
 * Log odds of losing a channel by one cause: linear in pressure, plus a pattern around 0 of how users differ, whose factor is learned. Like the
 * hazards it starts from, it knows nothing of the message.
 */
export interface SlowLoss {
  /** Per unit of each input of `inputs.pressure`; the one of `always` is the level, others count from 0. */
  readonly pressure: readonly number[]
  /** Per unit of each input of `inputs.baseline`. */
  readonly user: readonly number[]
  /** Per unit of each output of the last layer on the user alone, that is with action inputs 0. */
  readonly out: readonly number[]
  readonly levelSd: number
  readonly scaleSd: number
  /** Standard deviation of what each pressure may change beside the model; > 0. */
  readonly residualSd: number
}

/** What is known of an objective of the model `hazard`, by channel and cause; causes left out start from usual rates. */
export interface SlowHazards extends RewardMeaning {
  readonly model: 'hazard'
  readonly losses: Readonly<Partial<Record<Channel, Readonly<Partial<Record<ReachLoss, SlowLoss>>>>>>
}

/** What the slow model says of one objective. */
export type SlowObjective = SlowEffect | SlowResponse | SlowHazards

/** Log odds of an answer, within so many hours of a send, whatever the objective. */
export interface SlowAnswers extends SlowLogOdds {
  readonly windowHours: number
}

/** Numbers that go in and what must come out, so that a damaged or misread artifact is noticed. */
export interface ArtifactCheck {
  readonly baseline: readonly number[]
  readonly action: readonly number[]
  /** As long as `inputs.pressure`. */
  readonly pressure?: readonly number[]
  /** By objective with an effect, in raw reward. */
  readonly effects: Readonly<Record<string, number>>
  /** By `answers`, `outcomes of <objective>` and `loss of <channel> by <cause>`: level and pattern together. */
  readonly logOdds?: Readonly<Record<string, number>>
}

/** A column that goes into the slow model: which one, and how its numbers were made, as the encoder puts it. */
export interface ArtifactInput {
  readonly name: string
  readonly meaning: string
}

/**
 * What a slow loop hands to the fast one, as functions of baseline g(x) and action features ψ(x, a), h being the layers one after another:
 *
 *   effect of a send   = direct · ψ + out · (h(g, ψ) − h(g, 0)), so that `hold`, whose ψ is 0, has none,
 *   log odds of a send = level + direct · ψ + out · h(g, ψ),
 *   log odds of a loss = pressure · p + user · g + out · h(g, 0).
 *
 * Inputs are columns by name; a column that means something else on the server is refused.
 */
export interface PolicyArtifact {
  readonly format: 'paloma-policy-artifact'
  readonly formatVersion: 1
  readonly name: string
  /** Version of the encoder that made the columns. */
  readonly encoding: number
  readonly inputs: {
    readonly baseline: readonly ArtifactInput[]
    readonly action: readonly ArtifactInput[]
    /** Where losses are told. */
    readonly pressure?: readonly ArtifactInput[]
  }
  readonly layers: readonly DenseLayer[]
  readonly answers?: SlowAnswers
  readonly objectives: Readonly<Record<string, SlowObjective>>
  readonly checks: readonly ArtifactCheck[]
}
