import type { Aggregate } from './objective.ts'

export const ACTIVATIONS = ['identity', 'relu', 'tanh', 'silu'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/** One dense layer: out = activation(weights · in + bias), one row of weights per output. */
export interface DenseLayer {
  readonly weights: readonly (readonly number[])[]
  readonly bias: readonly number[]
  readonly activation: Activation
}

/** What the slow model says of one objective, and how far it is to be believed. */
export interface SlowEffect {
  /** What its rewards mean; the server's objective of this name must mean the same. */
  readonly events: readonly string[]
  readonly aggregate: Aggregate
  readonly valueProperty: string | null
  readonly windowHours: number
  /** Raw reward per unit of each input of `inputs.action`. */
  readonly direct: readonly number[]
  /** Raw reward per unit of each output of the last layer; empty where there are no layers. */
  readonly out: readonly number[]
  /** Standard deviation of the factor by which effects may turn out larger or smaller than the model says; ≥ 0. */
  readonly scaleSd: number
  /** Standard deviation of what each feature may change beside the model, in raw reward; ≥ 0. */
  readonly residualSd: number
}

/** Numbers that go in and what must come out, so that a damaged or misread artifact is noticed. */
export interface ArtifactCheck {
  readonly baseline: readonly number[]
  readonly action: readonly number[]
  /** By objective, in raw reward. */
  readonly effects: Readonly<Record<string, number>>
}

/** A column that goes into the slow model: which one, and how its numbers were made, as the encoder puts it. */
export interface ArtifactInput {
  readonly name: string
  readonly meaning: string
}

/**
 * What a slow loop hands to the fast one: the effect of a send as a function of baseline g(x) and action features ψ(x, a),
 *
 *   effect_k(x, a) = direct_k · ψ + out_k · (h(g, ψ) − h(g, 0)),   h the layers one after another,
 *
 * so that `hold`, whose ψ is 0, has effect 0. Inputs are columns by name; a column that means something else on the server is refused.
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
  }
  readonly layers: readonly DenseLayer[]
  readonly objectives: Readonly<Record<string, SlowEffect>>
  readonly checks: readonly ArtifactCheck[]
}
