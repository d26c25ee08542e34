import type { PolicyArtifact } from '@paloma/core/domain'
import { createEventQueue } from './event-queue.ts'
import { createInboxClient, type InboxClient } from './inbox-client.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'
import type {
  DecideInput,
  EventInput,
  IsoTime,
  OpportunityInput,
  TimeInput,
  UserInput,
  WireAudit,
  WireBatchAnswer,
  WireClockAnswer,
  WireDecision,
  WireDecisionAnswer,
  WireItemError,
  WireOpportunity,
  WirePage,
  WireReplay,
  WireResults,
  WireTimelineEntry,
  WireUser,
  WireUserDetail,
} from './wire.ts'
import type { EvaluationInput, WireEvaluation } from './wire-evaluations.ts'
import type {
  ExperimentInput,
  RampInput,
  StopInput,
  WireExperiment,
  WireExperimentCreated,
  WireExperimentDetail,
  WireExperimentResults,
  WireExposures,
  WirePlanFromLog,
} from './wire-experiments.ts'
import type { WireExplanation } from './wire-explanations.ts'
import type { WireGroupComparison } from './wire-groups.ts'
import type { WireRetention } from './wire-retention.ts'

export interface ClientOptions extends TransportOptions {
  /** Most events per request of the queue; 100 by default. */
  readonly batchSize?: number
  /** Longest time an event waits in the queue; one second by default. */
  readonly flushMs?: number
  /** The time that events are stamped with, epoch milliseconds; the machine's clock by default. */
  readonly now?: () => number
  /** Hears of events the server refused and of flushes that failed; by default they are warnings on the console. */
  readonly onError?: (error: WireItemError | Error, events: readonly EventInput[]) => void
  /** Hears of events that were taken and do not count as they may be meant to, e.g. `DECISION_UNKNOWN`; by default the console. */
  readonly onWarning?: (warning: WireItemError, event: EventInput) => void
}

/** Without an id the client makes one, so that a retry is still the same decision. */
export type DecideRequest = Omit<DecideInput, 'decisionId'> & { readonly decisionId?: string }

/** An event to be queued; `messageId` and `timestamp` are filled in. */
export type QueuedEvent = Omit<EventInput, 'type'>

type Cursor = { readonly limit?: number; readonly cursor?: string }
type Signal = { readonly signal?: AbortSignal }

/** Everything a customer's program does with Paloma. */
export interface PalomaClient {
  decide(request: DecideRequest, options?: Signal): Promise<WireDecisionAnswer>
  decideBatch(requests: readonly DecideRequest[], options?: Signal): Promise<WireResults<WireDecisionAnswer>>
  readonly decisions: {
    get(id: string): Promise<WireDecision>
    /** What was decided lately, for whomever, newest first. */
    list(options?: Cursor): Promise<WirePage<WireDecisionAnswer>>
    explain(id: string): Promise<WireExplanation>
    replay(id: string): Promise<WireReplay>
    /** Replays every decision of the log, or of one UTC day (`YYYY-MM-DD`); needs a key with the scope `admin`. */
    audit(day?: string): Promise<WireAudit>
  }
  /** The server's time; only a virtual clock can be moved on. */
  readonly clock: {
    get(): Promise<{ readonly now: IsoTime; readonly isVirtual: boolean }>
    advance(now: TimeInput): Promise<WireClockAnswer>
  }
  /** Queue an event; it goes out with others, see `flush`. */
  track(event: QueuedEvent & { readonly event: string }): void
  identify(event: QueuedEvent): void
  page(event: QueuedEvent): void
  /** Sends events at once, without the queue. */
  batch(events: readonly EventInput[]): Promise<WireBatchAnswer>
  /** Sends all that is queued; call it before the program ends. */
  flush(): Promise<void>
  readonly users: {
    save(user: UserInput): Promise<WireUser>
    saveMany(users: readonly UserInput[]): Promise<WireResults<{ readonly userId: string }>>
    get(id: string): Promise<WireUserDetail>
    list(options?: Cursor): Promise<WirePage<WireUser>>
    timeline(id: string, options?: Cursor): Promise<WirePage<WireTimelineEntry>>
    erase(id: string): Promise<{ readonly rows: number }>
  }
  readonly opportunities: {
    propose(opportunity: OpportunityInput): Promise<{ readonly id: string; readonly status: string }>
    proposeMany(opportunities: readonly OpportunityInput[]): Promise<WireResults<{ readonly id: string }>>
    get(id: string): Promise<WireOpportunity>
    withdraw(id: string): Promise<{ readonly id: string; readonly status: 'withdrawn' }>
  }
  readonly groups: {
    /** With `matchedBy`, differences are taken within sets of users who share the value of that trait. */
    compare(from: TimeInput, until: TimeInput, options?: { readonly matchedBy?: string }): Promise<WireGroupComparison>
  }
  readonly experiments: {
    /** The same design again changes nothing; another one replaces a draft. */
    create(experiment: ExperimentInput): Promise<WireExperimentCreated>
    list(): Promise<{ readonly data: readonly WireExperiment[] }>
    get(key: string): Promise<WireExperimentDetail>
    start(key: string): Promise<WireExperiment>
    ramp(key: string, ramp: RampInput): Promise<WireExperiment>
    stop(key: string, end: StopInput): Promise<WireExperiment>
    exposures(key: string): Promise<WireExposures>
    /** What the log says of it; takes longer the more users there are. */
    results(
      key: string,
      options?: {
        readonly from?: 'live' | 'history'
        /** Also whom a treatment moves: takes seconds. */
        readonly heterogeneity?: boolean
        /** Also learn the Bayesian view's prior from experiments that are over. */
        readonly pastEffects?: boolean
      },
    ): Promise<WireExperimentResults>
    /** Users and days until it decides, from the last `days` (28) of the log; nothing needs to have started. */
    plan(
      key: string,
      options?: { readonly from?: 'live' | 'history'; readonly days?: number },
    ): Promise<WirePlanFromLog>
  }
  readonly evaluations: {
    /** Asks what a changed configuration would have done in past decisions; it works on by itself, `get` says how it stands. */
    start(evaluation: EvaluationInput): Promise<WireEvaluation>
    get(id: string): Promise<WireEvaluation>
    list(): Promise<{ readonly data: readonly WireEvaluation[] }>
  }
  readonly policies: {
    /** What the server has learned, for the `artifact` of another's configuration. */
    artifact(name: string): Promise<PolicyArtifact>
  }
  readonly retention: {
    /** How long is kept, and what became of the rest. */
    status(): Promise<WireRetention>
  }
  readonly inbox: InboxClient
}

/** A client of one server. `await createClient({ url, key }).decide({ userId: 'ann' })` answers the decision. */
export function createClient(options: ClientOptions): PalomaClient {
  const transport = createTransport(options)
  return {
    ...decisionCalls(transport),
    ...eventCalls(transport, options),
    users: userCalls(transport),
    opportunities: opportunityCalls(transport),
    clock: {
      get: () => transport.request('GET', '/v1/clock'),
      advance: (now) => transport.request('POST', '/v1/clock', { body: { now } }),
    },
    groups: {
      compare: (from, until, options) =>
        transport.request('GET', '/v1/groups/compare', { query: { from, until, ...options } }),
    },
    experiments: experimentCalls(transport),
    evaluations: {
      start: (body) => transport.request('POST', '/v1/evaluations', { body: { id: crypto.randomUUID(), ...body } }),
      get: (id) => transport.request('GET', path('evaluations', id)),
      list: () => transport.request('GET', '/v1/evaluations'),
    },
    policies: { artifact: (name) => transport.request('GET', '/v1/policies/current/artifact', { query: { name } }) },
    retention: { status: () => transport.request('GET', '/v1/retention') },
    inbox: createInboxClient(transport),
  }
}

function path(room: string, id: string, rest = ''): string {
  return `/v1/${room}/${encodeURIComponent(id)}${rest}`
}

function withDecisionId(request: DecideRequest): DecideInput {
  return { ...request, decisionId: request.decisionId ?? crypto.randomUUID() }
}

function decisionCalls(transport: Transport): Pick<PalomaClient, 'decide' | 'decideBatch' | 'decisions'> {
  return {
    decide: (request, signal = {}) =>
      transport.request('POST', '/v1/decisions', { body: withDecisionId(request), ...signal }),
    decideBatch: (requests, signal = {}) =>
      transport.request('POST', '/v1/decisions/batch', { body: { items: requests.map(withDecisionId) }, ...signal }),
    decisions: {
      get: (id) => transport.request('GET', path('decisions', id)),
      list: (options = {}) => transport.request('GET', '/v1/decisions', { query: { ...options } }),
      explain: (id) => transport.request('GET', path('decisions', id, '/explain')),
      replay: (id) => transport.request('POST', path('decisions', id, '/replay')),
      audit: (day) => transport.request('POST', '/v1/decisions/audit', { body: day === undefined ? {} : { day } }),
    },
  }
}

function warn(error: WireItemError | Error): void {
  console.warn('paloma: events were refused or not sent:', error)
}

function warnOfTaken(warning: WireItemError): void {
  console.warn('paloma: an event was taken, but:', warning)
}

function eventCalls(
  transport: Transport,
  { batchSize = 100, flushMs = 1_000, onError = warn, onWarning = warnOfTaken, now = Date.now }: ClientOptions,
): Pick<PalomaClient, 'track' | 'identify' | 'page' | 'batch' | 'flush'> {
  const batch = (events: readonly EventInput[]): Promise<WireBatchAnswer> =>
    transport.request('POST', '/v1/batch', { body: { batch: events, sentAt: new Date(now()).toISOString() } })
  const queue = createEventQueue({ send: batch, batchSize, flushMs, onError, onWarning })
  const add = (type: EventInput['type'], event: QueuedEvent): void => queue.add(completed({ ...event, type }, now()))
  return {
    track: (event) => add('track', event),
    identify: (event) => add('identify', event),
    page: (event) => add('page', event),
    batch: (events) => batch(events.map((event) => completed(event, now()))),
    flush: () => queue.flush(),
  }
}

/** With the id on which the server recognises a repetition, and the moment it happened. */
function completed(event: EventInput, now: number): EventInput {
  return { messageId: crypto.randomUUID(), timestamp: new Date(now).toISOString(), ...event }
}

function userCalls(transport: Transport): PalomaClient['users'] {
  return {
    save: (body) => transport.request('POST', '/v1/users', { body }),
    saveMany: (items) => transport.request('POST', '/v1/users/batch', { body: { items } }),
    get: (id) => transport.request('GET', path('users', id)),
    list: (query = {}) => transport.request('GET', '/v1/users', { query }),
    timeline: (id, query = {}) => transport.request('GET', path('users', id, '/timeline'), { query }),
    erase: (id) => transport.request('DELETE', path('users', id)),
  }
}

function opportunityCalls(transport: Transport): PalomaClient['opportunities'] {
  return {
    propose: (body) => transport.request('POST', '/v1/opportunities', { body }),
    proposeMany: (items) => transport.request('POST', '/v1/opportunities', { body: { items } }),
    get: (id) => transport.request('GET', path('opportunities', id)),
    withdraw: (id) => transport.request('DELETE', path('opportunities', id)),
  }
}

function experimentCalls(transport: Transport): PalomaClient['experiments'] {
  return {
    create: (body) => transport.request('POST', '/v1/experiments', { body }),
    list: () => transport.request('GET', '/v1/experiments'),
    get: (key) => transport.request('GET', path('experiments', key)),
    start: (key) => transport.request('POST', path('experiments', key, '/start')),
    ramp: (key, body) => transport.request('POST', path('experiments', key, '/ramp'), { body }),
    stop: (key, body) => transport.request('POST', path('experiments', key, '/stop'), { body }),
    exposures: (key) => transport.request('GET', path('experiments', key, '/exposures')),
    results: (key, options = {}) => {
      const asked = Object.entries(options).map(([name, value]) => `${name}=${value}`)
      return transport.request(
        'GET',
        path('experiments', key, `/results${asked.length === 0 ? '' : `?${asked.join('&')}`}`),
      )
    },
    plan: (key, { from = 'live', days } = {}) =>
      transport.request(
        'GET',
        path('experiments', key, `/plan?from=${from}${days === undefined ? '' : `&days=${days}`}`),
      ),
  }
}
