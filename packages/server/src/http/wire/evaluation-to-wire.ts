import type { WireCandidateEvaluation, WireEvaluation } from '@paloma/sdk'
import type { CandidateEvaluation, EvaluationView } from '../../usecases/contract.ts'
import { evaluationWords } from '../../usecases/index.ts'
import { iso } from './to-wire.ts'

export function wireEvaluation({ createdAt, request, progress, result, ...rest }: EvaluationView): WireEvaluation {
  const { from, until, ...asked } = request
  return {
    ...rest,
    createdAt: iso(createdAt),
    request: {
      ...asked,
      ...(from === undefined ? {} : { from: iso(from) }),
      ...(until === undefined ? {} : { until: iso(until) }),
    },
    progress: progress === null ? null : { ...progress, at: iso(progress.at) },
    result: result === null ? null : wireCandidateEvaluation(result),
  }
}

export function wireCandidateEvaluation(evaluation: CandidateEvaluation): WireCandidateEvaluation {
  const { from, until, asOf, fixedState, ...rest } = evaluation
  return {
    ...{ from: iso(from), until: iso(until), asOf: iso(asOf) },
    fixedState: fixedState === null ? null : { ...fixedState, createdAt: iso(fixedState.createdAt) },
    ...rest,
    words: evaluationWords(evaluation),
  }
}
