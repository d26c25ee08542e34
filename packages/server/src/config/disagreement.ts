/** Two members of a configuration that do not go together: where, what was expected, what is there. */
export interface Disagreement {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly input: unknown
}
