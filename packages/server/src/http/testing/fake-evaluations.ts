import { PalomaError } from '@paloma/core'
import type { EvaluationRequest, EvaluationView, Usecases } from '../../usecases/contract.ts'
import type { Stored } from './stored.ts'

/** Evaluations in a map that never get anywhere; ids that begin with `busy` meet another one at work. */
export function fakeEvaluations({ now: createdAt }: Stored): Usecases['evaluations'] & {
  /** What was asked for, by id. */
  readonly asked: ReadonlyMap<string, EvaluationRequest>
} {
  const asked = new Map<string, EvaluationRequest>()
  const viewOf = (id: string, createdBy: string): EvaluationView => {
    const { config, ...request } = asked.get(id)!
    return { ...{ id, createdAt, createdBy, request, status: 'running' }, progress: null, result: null, error: null }
  }
  return {
    asked,
    async start(id, request, actor) {
      if (id.startsWith('busy')) throw new PalomaError('EVALUATION_BUSY', 'evaluation e0 is running')
      const known = asked.get(id)
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(request)) {
        throw new PalomaError('EVALUATION_CONFLICT', `evaluation ${id} was asked for with another request`, {
          pointer: '/id',
        })
      }
      asked.set(id, request)
      return { status: known === undefined ? 'created' : 'duplicate', evaluation: viewOf(id, actor) }
    },
    get: async (id) => (asked.has(id) ? viewOf(id, 'admin') : undefined),
    list: async () => [...asked.keys()].map((id) => viewOf(id, 'admin')),
    stop: async () => {},
  }
}
