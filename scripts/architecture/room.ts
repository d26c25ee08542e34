/** One room of the house: what it is for, and where its imports may lead. */
export interface Room {
  readonly name: string
  /** A folder (with `/` at its end) or a file; `*` stands for one name, and each name is a room of its own. Longest wins. */
  readonly holds: string
  readonly purpose: string
  readonly mayImport: readonly string[]
  /** Imports that leave nothing at run time. */
  readonly mayImportTypes?: readonly string[]
}
