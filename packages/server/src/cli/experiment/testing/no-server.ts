import type { Connect } from '../../connection/index.ts'

/** For commands that need tables and nothing else. */
export const NO_SERVER: Connect = async () => {
  throw new Error('nothing here asks a server')
}

/** Long after everything that happens in the tables of tests. */
export const NOW = Date.UTC(2026, 10, 30)
