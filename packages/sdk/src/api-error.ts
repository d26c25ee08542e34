import type { Problem } from './wire.ts'

/** What the server answered instead of what was asked: the fields of its RFC 9457 problem. */
export class PalomaApiError extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: Problem['errors']
  readonly requestId: string | undefined

  constructor(status: number, problem: Partial<Problem>) {
    const detail = problem.detail ?? `the server answered ${status}`
    super(`${problem.code ?? 'HTTP_ERROR'}: ${detail}`)
    this.name = 'PalomaApiError'
    this.status = status
    this.code = problem.code ?? 'HTTP_ERROR'
    this.detail = detail
    this.errors = problem.errors ?? []
    this.requestId = problem.requestId
  }
}

/** The error an unsuccessful response stands for; reads its body. */
export async function apiErrorOf(response: Response): Promise<PalomaApiError> {
  const text = await response.text()
  return new PalomaApiError(response.status, problemIn(text) ?? { detail: text })
}

/** Proxies answer what they like, whatever type they call it. */
function problemIn(text: string): Partial<Problem> | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : undefined
  } catch {
    return undefined
  }
}
