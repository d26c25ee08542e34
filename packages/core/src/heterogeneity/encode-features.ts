import type { FeatureRows } from '../learning/index.ts'
import { normalCdf } from '../numeric/index.ts'

/** A column known before exposure: numbers, where one that is not finite is missing, or names, where null is. */
export type RawFeature =
  | { readonly name: string; readonly kind: 'number'; readonly values: ArrayLike<number> }
  | { readonly name: string; readonly kind: 'category'; readonly values: readonly (string | null)[] }

/** Features as numbers of comparable size, and what became of the columns. */
export interface EncodedFeatures {
  readonly rows: FeatureRows
  /** By place in a row: the column, or column and value. */
  readonly names: readonly string[]
  /** Columns that say nothing: the same for everybody, or names that are all too rare. */
  readonly constant: readonly string[]
}

interface Column {
  readonly name: string
  readonly values: Float64Array
}

// Far outliers would own the regressions; six standard deviations keep their order of size.
const FARTHEST = 6
const MOST_LEVELS = 12
const LEAST_LEVEL_SHARE = 0.01
const LEAST_LEVEL_USERS = 10

/**
 * Numbers less their mean in standard deviations, at most ±6, missing ones at the mean beside a column that says so; of names the
 * 12 most frequent with at least 1 % of the users, each a column of 0 and 1 (the most frequent is the base), rarer ones together in the base.
 */
export function encodeFeatures(features: readonly RawFeature[]): EncodedFeatures {
  const columns: Column[] = []
  const constant: string[] = []
  for (const feature of features) {
    const found = (feature.kind === 'number' ? numberColumns(feature) : categoryColumns(feature)).filter(hasSpread)
    if (found.length === 0) constant.push(feature.name)
    columns.push(...found)
  }
  const users = features[0]?.values.length ?? 0
  const rows = Array.from({ length: users }, (_, i) => {
    const row = new Float64Array(columns.length)
    columns.forEach(({ values }, j) => {
      row[j] = values[i]!
    })
    return row
  })
  return { rows, names: columns.map(({ name }) => name), constant }
}

function numberColumns({ name, values }: Extract<RawFeature, { kind: 'number' }>): readonly Column[] {
  const n = values.length
  let [known, mean, squares] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    known += 1
    const delta = value - mean
    mean += delta / known
    squares += delta * (value - mean)
  }
  const spread = Math.sqrt(squares / Math.max(1, known))
  const scaled = new Float64Array(n)
  const missing = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) missing[i] = 1
    else if (spread > 0) scaled[i] = Math.min(FARTHEST, Math.max(-FARTHEST, (value - mean) / spread))
  }
  return [
    { name, values: scaled },
    { name: `${name} missing`, values: missing },
  ]
}

/** What a missing name is called. */
export const NO_VALUE = 'not known'

function categoryColumns({ name, values }: Extract<RawFeature, { kind: 'category' }>): readonly Column[] {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value ?? NO_VALUE, (counts.get(value ?? NO_VALUE) ?? 0) + 1)
  const least = Math.max(LEAST_LEVEL_USERS, LEAST_LEVEL_SHARE * values.length)
  const levels = [...counts]
    .filter(([, count]) => count >= least)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(1, MOST_LEVELS)
    .map(([level]) => level)
  return levels.map((level) => ({
    name: `${name} = ${level}`,
    values: Float64Array.from({ length: values.length }, (_, i) => ((values[i] ?? NO_VALUE) === level ? 1 : 0)),
  }))
}

function hasSpread({ values }: Column): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return true
  return false
}

/** The feature that differs most between variants, and its p value corrected for how many there are. */
export interface FeatureDifference {
  readonly feature: string
  readonly pValue: number
}

/**
 * What was known before exposure cannot differ between variants but by chance: Σ (D − p) z over its standard error, for every
 * column, the smallest p times their number (Bonferroni). A very small one says that the feature was measured after exposure, or that
 * assignment was not random. Null without columns.
 */
export function featureDifference(
  { rows, names }: EncodedFeatures,
  { treated, propensity }: { readonly treated: ArrayLike<number>; readonly propensity: ArrayLike<number> },
): FeatureDifference | null {
  let worst: FeatureDifference | null = null
  for (let j = 0; j < names.length; j++) {
    let mean = 0
    for (const row of rows) mean += row[j]! / rows.length
    let [sum, squares] = [0, 0]
    for (let i = 0; i < rows.length; i++) {
      const moved = (treated[i]! - propensity[i]!) * (rows[i]![j]! - mean)
      sum += moved
      squares += moved * moved
    }
    if (!(squares > 0)) continue
    const pValue = Math.min(1, 2 * names.length * normalCdf(-Math.abs(sum) / Math.sqrt(squares)))
    if (worst === null || pValue < worst.pValue) worst = { feature: names[j]!, pValue }
  }
  return worst
}
