// Fails when package-lock.json would not install everywhere: `npm run check:lock`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './architecture/source-tree.ts'
import { findLockFaults } from './lock/find-lock-faults.ts'
import { finish } from './report.ts'

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
finish('package-lock.json installs on every platform', findLockFaults(lock))
