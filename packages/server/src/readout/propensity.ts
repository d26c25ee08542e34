import { adaptivePhases, type DrawnCell } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { numberOf, type Source, textOf } from './source.ts'
import { literal } from './sql.ts'

/** Chances of a row sum to 1 within this; logged ones are rounded. */
const SUM_TOLERANCE = 1e-6

/** Names a column of the table `exposure`: the logged chance of a variant at the user's assignment. */
export const chanceColumn = (variant: number): string => `q${variant}`

/** Columns of the assignments that hold logged chances. */
export function propensityColumns({ columns }: FileSpec): readonly string[] {
  const { propensity } = columns.assignments
  if (propensity === null) return []
  return typeof propensity === 'string' ? [propensity] : [...new Set(Object.values(propensity))]
}

/** The chance with which a row's own variant was drawn, and beside an adaptive phase that of every variant. */
export function propensityParts(source: Source, spec: FileSpec): readonly (readonly [string, string])[] {
  const { propensity, variant } = spec.columns.assignments
  if (propensity === null) return []
  const chances = spec.readOut.variants.map(({ name }) => {
    const isOwn = `${textOf(variant)} = ${literal(name)}`
    if (typeof propensity !== 'string') return { isOwn, chance: numberOf(source, propensity[name]!) }
    const own = numberOf(source, propensity)
    // Of two variants the other has what is left.
    return { isOwn, chance: `CASE WHEN ${isOwn} THEN ${own} ELSE 1 - ${own} END` }
  })
  const own =
    typeof propensity === 'string'
      ? numberOf(source, propensity)
      : `CASE ${chances.map(({ isOwn, chance }) => `WHEN ${isOwn} THEN ${chance}`).join(' ')} END`
  return [
    ['propensity', own] as const,
    ...(isAdaptive(spec) ? chances.map(({ chance }, i) => [chanceColumn(i), chance] as const) : []),
  ]
}

/** Rows that name user and variant, and whose chances cannot be: SQL, and what was expected. */
export function wrongPropensity(source: Source, spec: FileSpec): { readonly isWrong: string; readonly words: string } {
  const { propensity } = spec.columns.assignments
  const [own] = propensityParts(source, spec)
  if (propensity === null || own === undefined) return { isWrong: 'false', words: '' }
  const isUsual = `(${own[1]}) > 0 AND (${own[1]}) <= 1`
  if (typeof propensity === 'string') {
    const words = `column "${propensity}" expects probabilities in (0, 1]`
    return { isWrong: `coalesce(NOT (${isUsual}), true)`, words }
  }
  const all = spec.readOut.variants.map(({ name }) => numberOf(source, propensity[name]!))
  const inside = all.map((chance) => `${chance} >= 0 AND ${chance} <= 1`)
  const sum = `abs(${all.join(' + ')} - 1) <= ${SUM_TOLERANCE}`
  const columns = Object.values(propensity).map((column) => `"${column}"`)
  const words = `columns ${columns.join(', ')} expect probabilities in [0, 1] that sum to 1, above 0 for the row's own variant`
  return { isWrong: `coalesce(NOT (${[isUsual, ...inside, sum].join(' AND ')}), true)`, words }
}

/** Whether a phase of the spec followed the data. */
export function isAdaptive({ readOut }: FileSpec): boolean {
  return adaptivePhases(readOut).size > 0
}

/** Draws of adaptive phases against their logged chances, of the users that a condition on `exposure` names. */
export async function drawnCells(
  analytics: Analytics,
  { readOut }: FileSpec,
  where: string,
): Promise<readonly DrawnCell[]> {
  const phases = [...adaptivePhases(readOut)].map(literal).join(', ')
  const sums = readOut.variants.map((_, i) => {
    const chance = chanceColumn(i)
    return `count(*) FILTER (WHERE v = ${i}), sum(${chance}), sum(${chance} * (1 - ${chance}))`
  })
  const rows = await analytics.rows(
    `SELECT phase, ${sums.join(', ')} FROM exposure WHERE ${where} AND phase IN (${phases}) GROUP BY phase ORDER BY phase`,
  )
  return rows.flatMap(([phase, ...counts]) =>
    readOut.variants.map(({ name }, i) => ({
      phase: String(phase),
      variant: name,
      users: Number(counts[3 * i]),
      expected: Number(counts[3 * i + 1]),
      variance: Number(counts[3 * i + 2]),
    })),
  )
}
