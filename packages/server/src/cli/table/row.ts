/** One value of a table: CSV gives text, JSONL and Parquet give what they hold; missing is null. */
export type Cell = string | number | boolean | null

/** One row by column name. */
export type TableRow = Readonly<Record<string, Cell>>
