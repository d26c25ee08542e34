import { createHash } from 'node:crypto'
import { type EpochMs, PalomaError } from '@paloma/core'
import type { RegistryStore } from '../store/contract.ts'
import { candidateOf } from './candidate.ts'
import { evaluateCandidate } from './candidate-evaluation.ts'
import type { EvaluationRequest, EvaluationUsecases, EvaluationView } from './contract.ts'
import type { Deps } from './deps.ts'
import type { Notes } from './notes.ts'

type EvaluationDeps = Pick<Deps, 'store' | 'history' | 'snapshots' | 'clock' | 'evaluatePolicy'>

/** Evaluations are kept where every process finds them, and a restart too. */
const PREFIX = 'evaluation/'
/** Older ones go when a new one begins. */
const KEPT = 50
/** A process says this often that it still works; who has not said so for long has died. */
const SIGN_OF_LIFE_MS = 5_000
const SILENT_FOR_MS = 60_000
const SUBJECT = 'an evaluation'

/** An evaluation as it is kept. */
interface Kept extends EvaluationView {
  /** Of what was asked. */
  readonly fingerprint: string
  /** When its process last said that it works, by the machine's clock. */
  readonly aliveAt: EpochMs
}

type Failure = NonNullable<EvaluationView['error']>

const CUT_SHORT: Failure = {
  code: 'EVALUATION_CUT_SHORT',
  detail: 'the server stopped before the evaluation was through',
  hint: 'ask again under another id',
}

/** Evaluations run one at a time in each process, in turns with everything else; the store keeps how they stand. */
export function evaluationUsecases(
  deps: EvaluationDeps,
  { wallClock, notes }: { readonly wallClock: () => EpochMs; readonly notes: Notes },
): EvaluationUsecases {
  const { store } = deps
  const kept = keptEvaluations(store)
  const stopping = new AbortController()
  let running: { readonly id: string; ends: Promise<void> } | null = null
  const seenNow = (each: Kept): Kept => {
    if (each.status !== 'running' || each.id === running?.id) return each
    const isLost = !store.traits.isShared || wallClock() - each.aliveAt > SILENT_FOR_MS
    return isLost ? { ...each, status: 'failed', error: CUT_SHORT } : each
  }
  const begin = async (asked: Kept, request: EvaluationRequest): ReturnType<EvaluationUsecases['start']> => {
    const stands = await kept.putOnce(asked)
    if (stands.aliveAt !== asked.aliveAt) return repeated(seenNow(stands), asked)
    await kept.pruneBeside(asked.id)
    const ends = work({ ...deps, kept, notes, wallClock }, { asked, request, signal: stopping.signal })
    running = { id: asked.id, ends: ends.finally(() => (running = null)) }
    return { status: 'created', evaluation: viewOf(asked) }
  }
  return {
    async start(id, request, actor) {
      const asked = newEvaluation({ id, request, actor }, { at: deps.clock.now(), aliveAt: wallClock() })
      const known = await kept.get(id)
      if (known !== undefined) return repeated(seenNow(known), asked)
      candidateOf(request.config, null)
      if (running !== null || stopping.signal.aborted) throw busy(running?.id)
      running = { id, ends: Promise.resolve() }
      return begin(asked, request).catch((error: unknown) => {
        running = null
        throw error
      })
    },
    async get(id) {
      const found = await kept.get(id)
      return found === undefined ? undefined : viewOf(seenNow(found))
    },
    list: async () => (await kept.all()).map((each) => ({ ...viewOf(seenNow(each)), result: null })),
    async stop() {
      stopping.abort()
      await running?.ends
    },
  }
}

interface KeptEvaluations {
  put(evaluation: Kept): Promise<void>
  /** Unless there is one of this id; answers what stands. */
  putOnce(evaluation: Kept): Promise<Kept>
  get(id: string): Promise<Kept | undefined>
  /** Newest first. */
  all(): Promise<readonly Kept[]>
  /** Makes room beside one that begins. */
  pruneBeside(id: string): Promise<void>
}

function keptEvaluations({ registry }: { readonly registry: RegistryStore }): KeptEvaluations {
  const all = async (): Promise<readonly Kept[]> => {
    const found = (await registry.listSettings(PREFIX)).map(({ value }): Kept => JSON.parse(value))
    return found.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
  }
  return {
    all,
    put: (evaluation) => registry.setSetting(PREFIX + evaluation.id, JSON.stringify(evaluation)),
    putOnce: async (evaluation) =>
      JSON.parse(await registry.setSettingOnce(PREFIX + evaluation.id, JSON.stringify(evaluation))),
    async get(id) {
      const text = await registry.getSetting(PREFIX + id)
      return text === undefined ? undefined : JSON.parse(text)
    },
    async pruneBeside(id) {
      const others = (await all()).filter((each) => each.id !== id)
      for (const old of others.slice(KEPT - 1)) await registry.deleteSetting(PREFIX + old.id)
    },
  }
}

interface Work {
  readonly asked: Kept
  readonly request: EvaluationRequest
  readonly signal: AbortSignal
}

type WorkDeps = EvaluationDeps & {
  readonly kept: KeptEvaluations
  readonly notes: Notes
  readonly wallClock: () => EpochMs
}

/** Evaluates, and keeps what came of it; says meanwhile that it is at work. */
async function work({ kept, notes, wallClock, ...deps }: WorkDeps, { asked, request, signal }: Work): Promise<void> {
  let now = asked
  let saved: Promise<unknown> = Promise.resolve()
  const say = (error: unknown): void => notes.failed(SUBJECT, String(error))
  // One after the other: what is saved last must be what came of it.
  const save = (changes: Partial<Kept>): Promise<unknown> => {
    now = { ...now, ...changes, aliveAt: wallClock() }
    const next = now
    saved = saved.then(() => kept.put(next)).catch(say)
    return saved
  }
  const timer = setInterval(() => void save({}), SIGN_OF_LIFE_MS)
  const onProgress = (seen: number, at: EpochMs): void => {
    signal.throwIfAborted()
    now = { ...now, progress: { seen, at } }
  }
  const evaluatePolicy: Deps['evaluatePolicy'] = (log, options) => deps.evaluatePolicy(log, options, signal)
  const ended = await evaluateCandidate({ ...deps, evaluatePolicy }, request, onProgress)
    .then((result): Partial<Kept> => ({ status: 'done', result }))
    .catch((error: unknown): Partial<Kept> => {
      if (signal.aborted) return { status: 'failed', error: CUT_SHORT }
      if (!(error instanceof PalomaError)) say(error)
      return { status: 'failed', error: failureOf(error) }
    })
  clearInterval(timer)
  await save(ended)
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof PalomaError)) {
    return { code: 'INTERNAL', detail: 'the server failed; what it says on stderr has the cause' }
  }
  const { code, message: detail, pointer, hint } = error
  return { code, detail, ...(pointer === undefined ? {} : { pointer }), ...(hint === undefined ? {} : { hint }) }
}

interface Asked {
  readonly id: string
  readonly request: EvaluationRequest
  readonly actor: string
}

function newEvaluation(
  { id, request, actor }: Asked,
  { at, aliveAt }: { readonly at: EpochMs; readonly aliveAt: EpochMs },
): Kept {
  const { config, ...rest } = request
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([config, rest]))
    .digest('hex')
  return {
    ...{ id, fingerprint, createdAt: at, createdBy: actor, status: 'running', request: rest },
    ...{ progress: null, result: null, error: null, aliveAt },
  }
}

function repeated(stands: Kept, asked: Kept): Awaited<ReturnType<EvaluationUsecases['start']>> {
  if (stands.fingerprint === asked.fingerprint) return { status: 'duplicate', evaluation: viewOf(stands) }
  throw new PalomaError('EVALUATION_CONFLICT', `evaluation ${asked.id} was asked for with another request`, {
    pointer: '/id',
    hint: 'give another id, or none',
  })
}

function busy(id: string | undefined): PalomaError {
  const what = id === undefined ? 'this server is stopping' : `evaluation ${id} is running`
  return new PalomaError('EVALUATION_BUSY', `${what}: one runs at a time`, { hint: 'ask again when it is done' })
}

function viewOf({ fingerprint, aliveAt, ...view }: Kept): EvaluationView {
  return view
}
