// Run by retention-kill.slow.test.ts: deletes what is old, step by step, and prints a line after each.
import { pgliteStore } from '../../store/pglite-store.ts'
import { NOON } from '../../store/testing/examples.ts'
import { KILLED_CONFIG } from './killed-retention.ts'
import { usecaseLab } from './usecase-lab.ts'

const [dataDir, historyDir] = process.argv.slice(2)
if (dataDir === undefined || historyDir === undefined) throw new Error('usage: retain-child.ts <data> <history>')

const store = await pgliteStore({ dataDir, onNotice: () => {} })
const { due } = await usecaseLab({ store, dir: historyDir, config: KILLED_CONFIG, startAt: NOON })
await due.learn()
process.stdout.write('ready\n')
for (let step = 0; (await due.retain(1)) > 0; step += 1) process.stdout.write(`${step}\n`)
process.stdout.write('through\n')
await store.close()
