import { PalomaError } from '@paloma/core'
import { campaignActions } from './action.ts'
import { type CampaignRow, cellFault, isBlank, requireColumns } from './cells.ts'
import type { CampaignTarget, ReadableTarget } from './evaluation-target.ts'
import type { CampaignMapping } from './mapping.ts'

/** Before the names of columns that come from the target's own table, so that they cannot be taken for the log's. */
const JOINED = 'target: '

/** Columns of probabilities in a table of its own, as plans write them. */
const PROBABILITIES = 'p_'

/** Rows and a target that can be read from them; a target in a table of its own is joined first. */
export function readableTarget(
  mapping: CampaignMapping,
  rows: readonly CampaignRow[],
  target: CampaignTarget,
): { readonly rows: readonly CampaignRow[]; readonly target: ReadableTarget } {
  return target.kind === 'table' ? joinTarget(mapping, rows, target.rows) : { rows, target }
}

/**
 * A target that lies in a table of its own, joined to the log by the decision (and, of slates, the position): rows with what they then need,
 * and where the target is found in them. The table has a column `p_<action>` for each action, or, where the target leaves nothing to chance,
 * the action in the column of the mapping (of moments, the moment). Throws CAMPAIGN_TARGET for decisions that it lacks or has twice.
 */
function joinTarget(
  mapping: CampaignMapping,
  rows: readonly CampaignRow[],
  target: readonly CampaignRow[],
): { readonly rows: readonly CampaignRow[]; readonly target: ReadableTarget } {
  const keys = keyColumns(mapping)
  const first = target[0]
  if (first === undefined) throw new PalomaError('CAMPAIGN_TARGET', "the target's table must have rows, got none")
  for (const [table, row] of [
    ['the log', rows[0]],
    ["the target's table", first],
  ] as const) {
    const missing = row === undefined ? undefined : keys.find((key) => !(key in row))
    if (missing !== undefined)
      throw new PalomaError('CAMPAIGN_COLUMN', `column '${missing}', by which the target is joined, is not in ${table}`)
  }
  const found = formOf(mapping, first)
  const byKey = indexRows(target, keys)
  return {
    rows: rows.map((row, i) => {
      const own = byKey.get(keyOf(row, keys, i + 1))
      if (own === undefined)
        throw new PalomaError(
          'CAMPAIGN_TARGET',
          `row ${i + 1}: the target's table has no row with ${keys.map((key) => `${key} = ${row[key]}`).join(' and ')}`,
        )
      return {
        ...row,
        ...Object.fromEntries(found.columns.map((column) => [`${JOINED}${column}`, own[column] ?? null])),
      }
    }),
    target: found.target,
  }
}

function keyColumns({ decision, slate }: CampaignMapping): readonly string[] {
  if (decision === undefined)
    throw new PalomaError('CAMPAIGN_MAPPING', 'decision: a target in a table of its own is joined by it, got none', {
      hint: "name the column: decision: { column: 'decision_id' }",
    })
  return [decision.column, ...(slate === undefined ? [] : [slate.position])]
}

/** How the table says it, and the columns it takes. */
function formOf(
  mapping: CampaignMapping,
  first: CampaignRow,
): { readonly columns: readonly string[]; readonly target: ReadableTarget } {
  const { moment } = mapping
  if (moment !== undefined) return singleColumn(moment.column, first)
  const actions = campaignActions(mapping)
  const wide = actions.map(({ name }) => `${PROBABILITIES}${name}`)
  if (wide.every((column) => column in first)) {
    const position = `${PROBABILITIES}position`
    return {
      columns: position in first ? [...wide, position] : wide,
      target: { kind: 'columns', prefix: `${JOINED}${PROBABILITIES}` },
    }
  }
  const { column } = mapping.action
  if (column in first) return singleColumn(column, first)
  throw new PalomaError(
    'CAMPAIGN_COLUMN',
    `the target's table must have the columns ${wide.join(', ')}, or ${column}, got ${Object.keys(first).join(', ')}`,
  )
}

function singleColumn(column: string, first: CampaignRow): ReturnType<typeof formOf> {
  requireColumns(first, [column])
  return { columns: [column], target: { kind: 'column', column: `${JOINED}${column}` } }
}

function indexRows(rows: readonly CampaignRow[], keys: readonly string[]): ReadonlyMap<string, CampaignRow> {
  const byKey = new Map<string, CampaignRow>()
  rows.forEach((row, i) => {
    requireColumns(row, keys)
    const key = keyOf(row, keys, i + 1)
    if (byKey.has(key))
      throw new PalomaError(
        'CAMPAIGN_TARGET',
        `row ${i + 1} of the target's table: ${keys.map((name) => `${name} = ${row[name]}`).join(' and ')} stands there twice`,
      )
    byKey.set(key, row)
  })
  return byKey
}

function keyOf(row: CampaignRow, keys: readonly string[], number: number): string {
  return JSON.stringify(
    keys.map((column) => {
      const cell = row[column]
      if (isBlank(cell)) throw cellFault({ row: number, column }, cell ?? null, 'what the target is joined by')
      return String(cell)
    }),
  )
}
