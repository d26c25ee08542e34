/** The one error class: a stable code, a message that names argument, value and expectation, and a hint. */
export class PalomaError extends Error {
  readonly code: string
  readonly hint: string | undefined
  /** JSON pointer to the field at fault, where there is one. */
  readonly pointer: string | undefined

  constructor(
    code: string,
    message: string,
    options: { readonly hint?: string; readonly pointer?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PalomaError'
    this.code = code
    this.hint = options.hint
    this.pointer = options.pointer
  }
}

/** Closes a union: a new kind that nobody handles does not compile. */
export function assertNever(value: never): never {
  throw new PalomaError('UNREACHABLE', `unhandled kind: ${JSON.stringify(value)}`)
}
