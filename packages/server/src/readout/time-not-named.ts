import { PalomaError } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { isText, type Source, textOf } from './source.ts'

const TIME_TYPE = /^(TIMESTAMP|DATE)/
const TIME_NAME = /(^|[_ -])(time|timestamp|date|at|ts)$|[a-z](At|Time|Timestamp|Date)$/i
/** Texts that are a date, with or without a time of day. */
const ISO_DATE = '^\\d{4}-\\d{2}-\\d{2}([T ]|$)'
/** Milliseconds since 1970, from 2001 on. */
const EPOCH_MS = '^\\d{13}$'
const SAMPLE_ROWS = 1000

/** The first of these columns that holds moments: by its type, by the form of its texts, or by its name and whole numbers. */
async function timeAmong(
  analytics: Analytics,
  source: Source,
  columns: readonly string[],
): Promise<string | undefined> {
  const typed = columns.find((column) => TIME_TYPE.test(source.types.get(column) ?? ''))
  if (typed !== undefined) return typed
  const asked = columns.flatMap((column) => {
    const isNamed = TIME_NAME.test(column)
    if (!isText(source, column) && !isNamed) return []
    return [{ column, form: isNamed ? `${ISO_DATE}|${EPOCH_MS}` : ISO_DATE }]
  })
  if (asked.length === 0) return undefined
  const answers = asked.map(({ column, form }) => `bool_and(regexp_matches(${textOf(column)}, '${form}'))`)
  const [row = []] = await analytics.rows(
    `SELECT ${answers.join(', ')} FROM (SELECT * FROM ${source.relation} LIMIT ${SAMPLE_ROWS})`,
  )
  return asked.find((_, i) => row[i] === true)?.column
}

/**
 * Refuses a table with a column that looks like its time where the spec names none: windows of metrics could not be applied, and
 * would be left out without a word. Throws TABLE_TIME_NOT_NAMED with column, metric and the field of the spec.
 */
export async function requireTimeNamed(
  analytics: Analytics,
  source: Source,
  where: { readonly spec: Pick<FileSpec, 'readOut'>; readonly field: string; readonly named: readonly string[] },
): Promise<void> {
  const { spec, field, named } = where
  const metric = spec.readOut.metrics.find(({ windowSettings }) => windowSettings !== undefined)
  if (metric === undefined) return
  const others = [...source.types.keys()].filter((column) => !named.includes(column))
  const column = await timeAmong(analytics, source, others)
  if (column === undefined) return
  throw new PalomaError(
    'TABLE_TIME_NOT_NAMED',
    `${source.path}: column "${column}" looks like a time, which ${field} does not name: without it the window of metric "${metric.name}" cannot be applied`,
    { hint: `name it under ${field} of the spec, or take \`windowSettings\` out: without a time they change nothing` },
  )
}
