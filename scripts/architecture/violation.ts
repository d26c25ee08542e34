/** One place where the house is not as the plan says. */
export interface Violation {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** `path:line message`, the form editors can follow. */
export function printViolation({ path, line, message }: Violation): string {
  return `${path}:${line} ${message}`
}
