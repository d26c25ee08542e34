import type {
  Counts,
  Explanation,
  GroupComparison,
  IsoTime,
  Readiness,
  RecentDecision,
  ReplayResult,
  TimelinePage,
  UserDetail,
} from './answers.ts'
import type { EvaluationAnswer, EvaluationDetail } from './evaluation-answers.ts'
import type { ExperimentAnswer, ExperimentDetail, Exposures, Results } from './experiment-answers.ts'
import { countsFrom } from './metrics-text.ts'

/** An answer that was not a success: the problem's words and its HTTP status. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
}

/** What the console asks of the server. */
export interface Api {
  ready(): Promise<Readiness>
  counts(): Promise<Counts>
  clock(): Promise<{ readonly now: IsoTime; readonly isVirtual: boolean }>
  compareGroups(from: IsoTime, until: IsoTime): Promise<GroupComparison>
  user(id: string): Promise<UserDetail>
  timeline(id: string, cursor: string | null): Promise<TimelinePage>
  /** What was decided lately, newest first. */
  recentDecisions(): Promise<readonly RecentDecision[]>
  explain(decisionId: string): Promise<Explanation>
  replay(decisionId: string): Promise<ReplayResult>
  experiments(): Promise<readonly ExperimentAnswer[]>
  experiment(key: string): Promise<ExperimentDetail>
  exposures(key: string): Promise<Exposures>
  results(key: string): Promise<Results>
  /** The latest, newest first. */
  evaluations(): Promise<readonly EvaluationAnswer[]>
  evaluation(id: string): Promise<EvaluationDetail>
  /** Begins to judge what changes in the configuration; long work, looked at by `evaluation`. */
  startEvaluation(config: unknown): Promise<EvaluationDetail>
}

const TIMELINE_PAGE = 100
const RECENT = 50

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const problem: { readonly code?: string; readonly detail?: string; readonly title?: string } = isJson
    ? JSON.parse(text)
    : {}
  const words = problem.detail ?? problem.title ?? `the server answered ${response.status}`
  return new ApiError(response.status, problem.code ?? 'HTTP_ERROR', words)
}

/** The API under one key. `fetch` is given so that tests need no server. Rejects with ApiError. */
export function createApi(key: string, fetch: typeof globalThis.fetch): Api {
  const request = async (path: string, options: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}`, ...options.headers }
    return fetch(path, { ...options, headers })
  }
  const get = async <T>(path: string, options?: RequestInit): Promise<T> => {
    const response = await request(path, options)
    if (!response.ok) throw await problemOf(response)
    return response.json()
  }
  const id = encodeURIComponent
  return {
    ready: async () => {
      const response = await request('/readyz')
      // 503 is an answer here: it says what is not ready.
      if (!response.ok && response.status !== 503) throw await problemOf(response)
      return response.json()
    },
    counts: async () => {
      const response = await request('/metrics')
      if (!response.ok) throw await problemOf(response)
      return countsFrom(await response.text())
    },
    clock: () => get('/v1/clock'),
    compareGroups: (from, until) => get(`/v1/groups/compare?from=${id(from)}&until=${id(until)}`),
    user: (userId) => get(`/v1/users/${id(userId)}`),
    timeline: (userId, cursor) =>
      get(`/v1/users/${id(userId)}/timeline?limit=${TIMELINE_PAGE}${cursor === null ? '' : `&cursor=${id(cursor)}`}`),
    recentDecisions: async () =>
      (await get<{ readonly data: readonly RecentDecision[] }>(`/v1/decisions?limit=${RECENT}`)).data,
    explain: (decisionId) => get(`/v1/decisions/${id(decisionId)}/explain`),
    replay: (decisionId) => get(`/v1/decisions/${id(decisionId)}/replay`, { method: 'POST' }),
    experiments: async () => (await get<{ readonly data: readonly ExperimentAnswer[] }>('/v1/experiments')).data,
    experiment: (key) => get(`/v1/experiments/${id(key)}`),
    exposures: (key) => get(`/v1/experiments/${id(key)}/exposures`),
    results: (key) => get(`/v1/experiments/${id(key)}/results`),
    evaluations: async () => (await get<{ readonly data: readonly EvaluationAnswer[] }>('/v1/evaluations')).data,
    evaluation: (key) => get(`/v1/evaluations/${id(key)}`),
    startEvaluation: (config) =>
      get('/v1/evaluations', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ config }),
      }),
  }
}
