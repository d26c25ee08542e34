/** One row as both drivers give it: bigint and numeric as numbers, text as strings, bytea as bytes. */
export type Row = Readonly<Record<string, unknown>>

/** Runs one statement with `$1`-style values; arrays become PostgreSQL arrays. */
export interface Sql {
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<readonly R[]>
  /**
   * Runs one `copy … from stdin`, given as the messages of the protocol that carry it (see `copy-in.ts`): many rows at a
   * fraction of what values of a statement cost. All go in, or none.
   */
  copyIn(messages: Uint8Array): Promise<void>
}

/** The few things we ask of a PostgreSQL, in this process or on a server. */
export interface SqlClient extends Sql {
  /** Runs `work` in one transaction (read committed) and may run it again after a deadlock: it must not remember. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
}

/** Numbers for `int8` (times, counts) and `numeric` (sums), the same with both drivers. */
export const NUMBER_PARSERS: Readonly<Record<number, (text: string) => number>> = { 20: Number, 1700: Number }

/** SQLSTATE of a driver's error, or undefined for errors that did not come from PostgreSQL. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}
