// Run by kill.slow.test.ts: writes decisions in batches for ever and prints how many were acknowledged after each.
import { pgliteStore } from '../pglite-store.ts'
import { exampleDecision, exampleNew, exampleOpportunity, NOON } from './examples.ts'

const [dataDir, firstBatch] = process.argv.slice(2)
if (dataDir === undefined) throw new Error('usage: kill-child.ts <data directory> <first batch>')

const store = await pgliteStore({ dataDir, onNotice: (text) => process.stderr.write(`${text}\n`) })
for (let batch = Number(firstBatch ?? 0); ; batch++) {
  const ids = Array.from({ length: 20 }, (_, i) => `k-${batch}-${i}`)
  await store.opportunities.insertMany(
    ids.map((id) => exampleOpportunity(`o-${id}`, 'k-user')),
    NOON,
  )
  await store.decisions.insertMany(ids.map((id) => exampleNew(exampleDecision(id, 'k-user'))))
  process.stdout.write(`${batch}\n`)
}
