import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { hash53 } from '@paloma/core'
import { parse } from 'csv-parse/sync'

const FEWEST_VARIANTS = 3

/**
 * Headline tests with at least three variants: id, half (0 or 1, by a hash of the id), counts as observed and rates,
 * which are the truth of the simulation.
 */
export function readTests(path) {
  const bytes = readFileSync(path)
  const rows = parse(path.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true })
  const byId = grouped(rows)
  return [...byId]
    .filter(([, variants]) => variants.length >= FEWEST_VARIANTS)
    .map(([id, variants]) => {
      const counts = variants.map(({ impressions, clicks }) => ({
        trials: Number(impressions),
        successes: Number(clicks),
      }))
      return {
        id,
        half: hash53('headline-half', id) < 0.5 ? 0 : 1,
        counts,
        rates: Float64Array.from(counts, ({ trials, successes }) => successes / trials),
      }
    })
}

function grouped(rows) {
  const byId = new Map()
  for (const row of rows) {
    const variants = byId.get(row.clickability_test_id)
    if (variants === undefined) byId.set(row.clickability_test_id, [row])
    else variants.push(row)
  }
  return byId
}
