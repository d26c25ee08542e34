/** Where a command's answers and remarks go. Results are for programs, notes for people. */
export interface Output {
  readonly result: (text: string) => void
  readonly note: (text: string) => void
  /** Notes go to a terminal, so that a line may be rewritten. */
  readonly isInteractive: boolean
}

/** Results on stdout, notes on stderr. */
export const processOutput: Output = {
  result: (text) => {
    process.stdout.write(text)
  },
  note: (text) => {
    process.stderr.write(text)
  },
  isInteractive: process.stderr.isTTY === true,
}

/** An output that keeps what it is given, for tests and embedding. */
export function memoryOutput(): Output & { readonly results: () => string; readonly notes: () => string } {
  let results = ''
  let notes = ''
  return {
    result: (text) => {
      results += text
    },
    note: (text) => {
      notes += text
    },
    isInteractive: false,
    results: () => results,
    notes: () => notes,
  }
}
