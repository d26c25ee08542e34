export { type ConnectionFlags, withConnection, withConnectionFlags, withPlaceFlags } from './connection-flags.ts'
export type { Connect, Connection, ConnectionOptions, ListedKey } from './contract.ts'
export { httpConnection } from './http-connection.ts'
export { progressText } from './run-evaluation.ts'
