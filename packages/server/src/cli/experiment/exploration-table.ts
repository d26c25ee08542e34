/** A table of the exploration, for a terminal and a page alike. */
export interface ExplorationTable {
  readonly title: string
  /** What a reader must know of it. */
  readonly note: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** How numbers are written where the tables are shown. */
export interface NumberStyle {
  readonly number: (value: number) => string
  readonly share: (value: number) => string
  readonly p: (value: number) => string
}
