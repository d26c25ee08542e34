import { type Loggers, PalomaError } from '@paloma/core'
import type { CampaignAction } from './action.ts'
import { type CampaignRow, cellFault, isBlank, requireColumns, requiredNumber } from './cells.ts'
import type { CampaignLogger, CampaignPropensity } from './mapping.ts'

/** What is read of the loggers of a table. */
export interface LoggerTable {
  readonly rows: readonly CampaignRow[]
  readonly actions: readonly CampaignAction[]
  /** By row, the number of the action taken. */
  readonly taken: ArrayLike<number>
}

/**
 * Which policy made each row and, where the mapping says it for every logger of the table, what each would have done in every row. Throws
 * CAMPAIGN_CELL, and CAMPAIGN_MAPPING for a logger that the mapping leaves out.
 */
export function loggersOf({ column, propensities }: CampaignLogger, table: LoggerTable): Loggers {
  if (table.rows[0] !== undefined) requireColumns(table.rows[0], [column])
  const numbers = new Map<string, number>()
  const indices = Int32Array.from(table.rows, (row, i) => {
    const cell = row[column]
    if (isBlank(cell)) throw cellFault({ row: i + 1, column }, cell ?? null, 'the policy that made it')
    const number = numbers.get(String(cell)) ?? numbers.size
    numbers.set(String(cell), number)
    return number
  })
  const names = [...numbers.keys()]
  if (propensities === undefined) return { indices, names }
  const missing = names.find((name) => propensities[name] === undefined)
  if (missing !== undefined)
    throw new PalomaError('CAMPAIGN_MAPPING', `logger.propensities: the logger '${missing}' of the table is missing`)
  const own = names.map((name) => propensities[name]!)
  return {
    indices,
    names,
    chosenProbabilities: own.map((propensity) => chosenOf(propensity, table)),
    ...(own.some((propensity) => 'column' in propensity)
      ? {}
      : { distributions: own.map((propensity) => wholeOf(propensity, table)) }),
  }
}

function chosenOf(propensity: CampaignPropensity, { rows, actions, taken }: LoggerTable): Float64Array {
  return Float64Array.from(rows, (row, i) =>
    probabilityOf(propensity, { row, number: i + 1, actions, action: taken[i]! }),
  )
}

function wholeOf(propensity: CampaignPropensity, { rows, actions }: LoggerTable): Float64Array {
  const width = actions.length
  return Float64Array.from({ length: rows.length * width }, (_, k) => {
    const i = Math.floor(k / width)
    return probabilityOf(propensity, { row: rows[i]!, number: i + 1, actions, action: k % width })
  })
}

interface Asked {
  readonly row: CampaignRow
  readonly number: number
  readonly actions: readonly CampaignAction[]
  readonly action: number
}

function probabilityOf(propensity: CampaignPropensity, { row, number, actions, action }: Asked): number {
  const { value } = actions[action]!
  if ('uniform' in propensity) return 1 / actions.length
  if ('constant' in propensity) return propensity.constant[value]!
  const column = 'column' in propensity ? propensity.column : propensity.columns[value]!
  const place = { row: number, column }
  if (!(column in row)) requireColumns(row, [column])
  const p = requiredNumber(row[column], place)
  if (p >= 0 && p <= 1) return p
  throw cellFault(place, p, 'a probability in [0, 1]')
}
