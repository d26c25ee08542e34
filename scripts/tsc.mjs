// Runs the native TypeScript 7 compiler (`@typescript/native`); `typescript` 6 stays for tools that need its API.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const manifest = createRequire(import.meta.url).resolve('@typescript/native/package.json')
const { status } = spawnSync(process.execPath, [join(dirname(manifest), 'bin/tsc'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
