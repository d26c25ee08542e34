import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

/** What could be done for a customer; the index is the action. */
export const ACTIONS = ['No E-Mail', 'Mens E-Mail', 'Womens E-Mail']

const MONTHS = 12
const is = (condition) => (condition ? 1 : 0)

function featuresOf(row) {
  const [mens, womens] = [Number(row.mens), Number(row.womens)]
  return Float64Array.of(
    Number(row.recency) / MONTHS,
    Math.log(Number(row.history)) / Math.log(1000),
    mens,
    womens,
    mens * womens,
    Number(row.newbie),
    is(row.zip_code === 'Rural'),
    is(row.zip_code === 'Urban'),
    is(row.channel === 'Web'),
    is(row.channel === 'Multichannel'),
  )
}

/** The e-mail experiment of 2008 as columns: features, the action by chance (a third each), whether the customer visited. */
export function readCampaign(path) {
  const bytes = readFileSync(path)
  const rows = parse(path.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true })
  return {
    features: rows.map(featuresOf),
    actions: Int32Array.from(rows, ({ segment }) => ACTIONS.indexOf(segment)),
    rewards: Float64Array.from(rows, ({ visit }) => Number(visit)),
  }
}
