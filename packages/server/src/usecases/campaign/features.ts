import { PalomaError } from '@paloma/core'
import { booleanCell, type CampaignRow, isBlank, numberCell, requireColumns } from './cells.ts'
import type { CampaignFeature, CampaignMapping } from './mapping.ts'

/** One number of the encoded features: `(raw − centre) / scale`, clipped; missing and unknown values are at 0. */
export type EncodedFeature =
  | {
      readonly kind: 'number'
      readonly column: string
      readonly log1p: boolean
      readonly centre: number
      readonly scale: number
    }
  | { readonly kind: 'category'; readonly column: string; readonly value: string; readonly centre: number }
  | { readonly kind: 'boolean'; readonly column: string; readonly centre: number }

/** Standardised numbers beyond this many standard deviations count as this many. */
const CLIP = 3
const DEFAULT_MAX_VALUES = 50

/**
 * Learns from the past campaign how to encode its features: numbers are standardised, every value of a category and
 * every boolean becomes an indicator minus its mean. Centring makes the weight of the constant the average effect.
 */
export function fitFeatures(mapping: CampaignMapping, rows: readonly CampaignRow[]): readonly EncodedFeature[] {
  const first = rows[0]
  if (first !== undefined) requireColumns(first, Object.keys(mapping.features))
  return Object.entries(mapping.features).flatMap(([column, feature]) => fitColumn({ column, feature }, rows))
}

function fitColumn(
  { column, feature }: { readonly column: string; readonly feature: CampaignFeature },
  rows: readonly CampaignRow[],
): readonly EncodedFeature[] {
  if (feature.kind === 'number') return [fitNumber(column, feature.log1p ?? false, rows)]
  if (feature.kind === 'category') return fitCategory(column, feature.maxValues ?? DEFAULT_MAX_VALUES, rows)
  const values = rows.map((row, i) => booleanCell(row[column], { row: i + 1, column })).filter((v) => v !== null)
  const centre = values.length === 0 ? 0 : values.filter(Boolean).length / values.length
  return [{ kind: 'boolean', column, centre }]
}

function fitNumber(column: string, log1p: boolean, rows: readonly CampaignRow[]): EncodedFeature {
  let n = 0
  let mean = 0
  let m2 = 0
  for (let i = 0; i < rows.length; i += 1) {
    const value = rawNumber(rows[i]!, { column, log1p }, i + 1)
    if (value === null) continue
    n += 1
    const delta = value - mean
    mean += delta / n
    m2 += delta * (value - mean)
  }
  const sd = n > 1 ? Math.sqrt(m2 / (n - 1)) : 0
  return { kind: 'number', column, log1p, centre: mean, scale: sd > 0 ? sd : 1 }
}

function fitCategory(column: string, maxValues: number, rows: readonly CampaignRow[]): readonly EncodedFeature[] {
  const counts = new Map<string, number>()
  let known = 0
  for (const row of rows) {
    const cell = row[column]
    if (isBlank(cell)) continue
    known += 1
    counts.set(String(cell), (counts.get(String(cell)) ?? 0) + 1)
  }
  if (counts.size > maxValues) {
    throw new PalomaError(
      'CAMPAIGN_COLUMN',
      `column ${column} has ${counts.size} values, at most ${maxValues} are read`,
      {
        hint: 'raise maxValues, declare the column a number, or leave it out',
      },
    )
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, count]) => ({ kind: 'category', column, value, centre: count / known }))
}

function rawNumber(
  row: CampaignRow,
  feature: { readonly column: string; readonly log1p: boolean },
  rowNumber: number,
): number | null {
  const value = numberCell(row[feature.column], { row: rowNumber, column: feature.column })
  if (value === null || !feature.log1p) return value
  if (value > -1) return Math.log1p(value)
  throw new PalomaError('CAMPAIGN_CELL', `row ${rowNumber}, column ${feature.column}: log1p needs > -1, got ${value}`)
}

/** Rows as a row-major matrix of `[1, features…]`, `1 + features.length` wide. */
export function encodeRows(features: readonly EncodedFeature[], rows: readonly CampaignRow[]): Float64Array {
  const first = rows[0]
  if (first !== undefined) requireColumns(first, [...new Set(features.map((feature) => feature.column))])
  const width = 1 + features.length
  const matrix = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i += 1) {
    matrix[i * width] = 1
    for (let j = 0; j < features.length; j += 1) {
      matrix[i * width + 1 + j] = encodeCell(features[j]!, rows[i]!, i + 1)
    }
  }
  return matrix
}

function encodeCell(feature: EncodedFeature, row: CampaignRow, rowNumber: number): number {
  const cell = row[feature.column]
  if (feature.kind === 'number') {
    const value = rawNumber(row, feature, rowNumber)
    if (value === null) return 0
    return Math.max(-CLIP, Math.min(CLIP, (value - feature.centre) / feature.scale))
  }
  if (isBlank(cell)) return 0
  if (feature.kind === 'category') return (String(cell) === feature.value ? 1 : 0) - feature.centre
  const value = booleanCell(cell, { row: rowNumber, column: feature.column })
  return value === null ? 0 : Number(value) - feature.centre
}
