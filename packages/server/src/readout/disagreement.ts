/** A fault of a spec whose parts do not agree, and where it lies. */
export interface Disagreement {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const WEIGHT_TOLERANCE = 1e-9

/** Names that were used before. */
export function repeatedNames(items: readonly { readonly name: string }[], path: string): readonly Disagreement[] {
  const names = items.map((item) => item.name)
  return names.flatMap((each, i) =>
    names.indexOf(each) === i
      ? []
      : [{ path: [path, i, 'name'], message: `expected a name used only once, got "${each}"` }],
  )
}

/** Weights that do not sum to 1. */
export function wrongSum(weights: readonly number[], path: readonly (string | number)[]): readonly Disagreement[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Math.abs(sum - 1) <= WEIGHT_TOLERANCE ? [] : [{ path, message: `expected weights that sum to 1, got ${sum}` }]
}

/** Names that are not among the known ones. */
export function unknownNames(
  given: readonly string[],
  known: readonly string[],
  path: readonly (string | number)[],
): readonly Disagreement[] {
  return given
    .filter((each) => !known.includes(each))
    .map((each) => ({ path: [...path, each], message: `expected one of ${known.join(', ')}, got "${each}"` }))
}
