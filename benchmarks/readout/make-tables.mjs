// Tables of an invented experiment: assignments, and one row per user with 20 metrics and the same from before exposure.
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(new URL('../../packages/server/package.json', import.meta.url))

export const METRICS = Array.from({ length: 20 }, (_, i) => ({
  name: `m${i}`,
  kind: ['share', 'count', 'money'][i % 3],
}))

/** SQL of one metric: how it follows from what a user did before, with a small effect of the new variant. */
function columns({ name, kind }, i) {
  const base = `hash(i * 64 + ${i})`
  const u = `((${base} >> 11) / 9007199254740992.0)`
  const v = `((hash(i * 64 + ${i + 32}) >> 11) / 9007199254740992.0)`
  const lift = `(CASE WHEN arm = 1 THEN ${0.005 * (i % 4)} ELSE 0 END)`
  if (kind === 'share') {
    return [
      `CAST(${u} < 0.15 AS DOUBLE) AS ${name}_pre`,
      `CAST(${v} < 0.1 + ${lift} + 0.2 * CAST(${u} < 0.15 AS INTEGER) AS DOUBLE) AS ${name}`,
    ]
  }
  if (kind === 'count')
    return [
      `floor(-3 * ln(1 - ${u})) AS ${name}_pre`,
      `floor(-2 * ln(1 - ${v}) * (1 + ${lift}) - ln(1 - ${u})) AS ${name}`,
    ]
  return [
    `round(-20 * ln(1 - ${u}), 2) AS ${name}_pre`,
    `round(-20 * ln(1 - ${v}) * (1 + ${lift}) - 20 * ln(1 - ${u}), 2) AS ${name}`,
  ]
}

/** Writes both tables under `folder` unless they are there, and answers their paths. */
export async function makeTables(folder, users) {
  mkdirSync(folder, { recursive: true })
  const assignments = join(folder, `assignments-${users}.parquet`)
  const metrics = join(folder, `metrics-${users}.parquet`)
  if (existsSync(assignments) && existsSync(metrics)) return { assignments, metrics }
  const { DuckDBInstance } = require('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '2GB',
    temp_directory: join(folder, 'spill'),
    preserve_insertion_order: 'false',
  })
  const db = await instance.connect()
  const arm = 'CAST((hash(i) >> 3) % 2 AS INTEGER)'
  await db.run(`COPY (SELECT i AS "user", CASE ${arm} WHEN 1 THEN 'new' ELSE 'control' END AS variant,
    TIMESTAMP '2026-01-01' + to_seconds((hash(i + 7) % 1209600)::DOUBLE) AS time FROM range(${users}) t(i)) TO '${assignments}' (FORMAT parquet)`)
  await db.run(
    `COPY (SELECT i AS "user", ${METRICS.flatMap(columns).join(', ')} FROM (SELECT i, ${arm} AS arm FROM range(${users}) t(i))) TO '${metrics}' (FORMAT parquet)`,
  )
  db.closeSync()
  instance.closeSync()
  return { assignments, metrics }
}
