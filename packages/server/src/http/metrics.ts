import type { FastifyInstance } from 'fastify'
import { Gauge, Histogram, Registry } from 'prom-client'
import type { Usecases } from '../usecases/contract.ts'

/** Prometheus metrics of requests and of what the server holds, in `registry`. */
export function measure(
  app: FastifyInstance,
  usecases: Pick<Usecases, 'health'>,
  registry: Registry = new Registry(),
): Registry {
  const requests = new Histogram({
    name: 'paloma_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  // What prom-client makes of labels costs more than counting; methods, routes and statuses are few.
  const counters = new Map<string, Histogram.Internal<string>>()
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    const key = `${request.method} ${reply.statusCode} ${route}`
    let counter = counters.get(key)
    if (counter === undefined) {
      counter = requests.labels({ method: request.method, route, status: reply.statusCode })
      counters.set(key, counter)
    }
    counter.observe(reply.elapsedTime / 1_000)
    done()
  })
  registerCounts(usecases, registry)
  return registry
}

type Counts = Awaited<ReturnType<Usecases['health']['counts']>>

/** Gauges that are filled when somebody scrapes, all from one count. */
function registerCounts(usecases: Pick<Usecases, 'health'>, registry: Registry): void {
  const counts = sharedWhilePending(() => usecases.health.counts())
  const gauge = (name: string, help: string, value: (counts: Counts) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(value(await counts()))
      },
    })
  }
  gauge('paloma_decisions', 'Decisions in the log, counted now and then.', ({ decisions }) => decisions)
  gauge('paloma_policy_state_id', 'Number of the newest policy state.', ({ stateId }) => stateId)
  gauge('paloma_users_in_memory', 'User states held in memory.', ({ usersInMemory }) => usersInMemory)
  gauge('paloma_is_learner', '1 if this process is the one that learns.', ({ isLearner }) => (isLearner ? 1 : 0))
  new Gauge({
    name: 'paloma_trusted_horizon_hours',
    help: 'Up to where rewards of messages are forecast from early signals (trust="surrogate") or waited for ("observed").',
    labelNames: ['objective', 'trust'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const [objective, { horizonHours, trust }] of Object.entries((await counts()).horizons)) {
        this.set({ objective, trust }, horizonHours)
      }
    },
  })
  new Gauge({
    name: 'paloma_sends',
    help: 'Sends in the ledger by status: those under way as they are, the rest counted now and then.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      const { sends } = await counts()
      this.reset()
      for (const [status, count] of Object.entries(sends)) this.set({ status }, count)
    },
  })
}

/** Callers that ask while an answer is under way get the same one. */
function sharedWhilePending<T>(ask: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= ask().finally(() => {
      pending = undefined
    })
    return pending
  }
}
