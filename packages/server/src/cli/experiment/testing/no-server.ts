import type { Connect } from '../../connection/index.ts'

/** For commands that need tables and nothing else. */
export const NO_SERVER: Connect = async () => {
  throw new Error('nothing here asks a server')
}
