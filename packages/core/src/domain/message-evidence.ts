/** What is known of one variant of a message. Columns run along `ANSWER_EDGES_HOURS`. */
export interface VariantEvidence {
  /** Sends that may be learned from; never forgotten. */
  readonly sends: number
  /** Sends that are older than the edge, */
  readonly users: readonly number[]
  /** and how many of them were answered first between the edge before and this one. */
  readonly answers: readonly number[]
}

/** What a policy state knows of single messages, whatever the number of users. */
export interface MessageEvidence {
  /** By message family, then by variant. */
  readonly variants: Readonly<Record<string, Readonly<Record<string, VariantEvidence>>>>
  /** First answers of sends whose whole window has passed, by bin of their delay. */
  readonly delays: readonly number[]
}
