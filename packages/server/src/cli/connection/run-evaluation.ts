import { PalomaError } from '@paloma/core'
import type { EvaluationInput, WireCandidateEvaluation, WireEvaluation } from '@paloma/sdk'
import type { Call } from './call.ts'

interface Watching {
  readonly onProgress: (text: string) => void
  readonly pause: () => Promise<unknown>
}

/** Starts an evaluation on a server, and looks at it until it is through. Throws what it failed with. */
export async function runOnServer(
  call: <T>(request: Call) => Promise<T>,
  input: EvaluationInput,
  { onProgress, pause }: Watching,
): Promise<WireCandidateEvaluation> {
  let { id, status, progress, result, error } = await call<WireEvaluation>({
    ...{ method: 'POST', path: '/v1/evaluations', body: input },
  })
  while (status === 'running') {
    onProgress(progress === null ? 'the server reads its log' : progressText(progress))
    await pause()
    ;({ status, progress, result, error } = await call<WireEvaluation>({
      ...{ method: 'GET', path: `/v1/evaluations/${encodeURIComponent(id)}` },
    }))
  }
  if (result !== null) return result
  const { code, detail, hint, pointer } = error ?? {
    code: 'SERVER_UNEXPECTED',
    detail: `evaluation ${id} has no result`,
  }
  throw new PalomaError(code, detail, {
    ...(hint === undefined ? {} : { hint }),
    ...(pointer === undefined ? {} : { pointer }),
  })
}

/** How far the log was read. */
export function progressText({ seen, at }: { readonly seen: number; readonly at: string }): string {
  return `read ${seen} decisions, up to ${at.slice(0, 16).replace('T', ' ')}`
}
