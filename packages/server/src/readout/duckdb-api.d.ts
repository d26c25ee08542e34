// The few members of the library that are used here; declared, so that types are checked also where its native build is
// not installed.
declare module '@duckdb/node-api' {
  export interface DuckDBConnection {
    run(sql: string): Promise<unknown>
    runAndReadAll(sql: string): Promise<{ readonly getRowsJS: () => readonly (readonly unknown[])[] }>
    stream(sql: string): Promise<{ yieldRowsJs(): AsyncIterable<readonly (readonly unknown[])[]> }>
    closeSync(): void
  }
  export const DuckDBInstance: {
    create(
      path: string,
      options: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<DuckDBConnection>; closeSync(): void }>
  }
}
