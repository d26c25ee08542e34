import type { FastifyInstance } from 'fastify'
import { Gauge, Histogram, Registry } from 'prom-client'
import type { RetentionStatus, Usecases } from '../usecases/contract.ts'

/** Prometheus metrics of requests and of what the server holds, in `registry`. */
export function measure(
  app: FastifyInstance,
  usecases: Pick<Usecases, 'health' | 'retention'>,
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
  registerRetention(usecases, registry)
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
  const perTarget = (what: 'price' | 'measured' | 'atMost', name: string, help: string): void => {
    new Gauge({
      name,
      help,
      labelNames: ['target', 'measure'],
      registers: [registry],
      async collect() {
        this.reset()
        for (const { name: target, measure, ...standing } of (await counts()).priceTargets) {
          const value = standing[what]
          if (value !== null) this.set({ target, measure }, value)
        }
      },
    })
  }
  perTarget('price', 'paloma_dual_price', 'Price that keeps a target, per send, expected loss or unit of spend.')
  perTarget('measured', 'paloma_price_target_measured', 'What was counted of a target last, in its own measure.')
  perTarget('atMost', 'paloma_price_target_at_most', 'What the target allows.')
  const ofAudit = (name: string, help: string, value: (audit: NonNullable<Counts['audit']>) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const { audit } = await counts()
        if (audit === null) this.remove()
        else this.set(value(audit))
      },
    })
  }
  ofAudit(
    'paloma_audit_decisions',
    'Decisions of the last day that was audited in the night after it.',
    (of) => of.checked,
  )
  ofAudit('paloma_audit_differing', 'Those that do not come out the same when computed again.', (of) => of.differing)
  ofAudit(
    'paloma_audit_suspect_policies',
    'Policies whose choices of that day do not fall as their probabilities say.',
    (of) => of.suspects.length,
  )
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

/** What the store holds and lets go, all from one look. */
function registerRetention({ retention }: Pick<Usecases, 'retention'>, registry: Registry): void {
  const status = sharedWhilePending(() => retention.status())
  const perTable = (what: 'rows' | 'bytes', help: string): void => {
    new Gauge({
      name: `paloma_table_${what}`,
      help,
      labelNames: ['table'],
      registers: [registry],
      async collect() {
        for (const { table, ...size } of (await status()).tables) this.set({ table }, size[what])
      },
    })
  }
  perTable('rows', "Rows of each table, by the store's statistics.")
  perTable('bytes', 'What each table takes up, with its indexes.')
  const gauge = (name: string, help: string, value: (status: RetentionStatus) => number | null): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.reset()
        const found = value(await status())
        if (found === null) this.remove()
        else this.set(found)
      },
    })
  }
  const seconds = (at: number | null | undefined): number | null => (at == null ? null : at / 1_000)
  gauge('paloma_oldest_decision_seconds', 'When the oldest decision in the store was made; absent without any.', (of) =>
    seconds(of.oldestDecision),
  )
  gauge('paloma_kept_since_seconds', 'From when on the store has its days whole; absent where all are kept.', (of) =>
    seconds(of.keptSince),
  )
  gauge('paloma_retention_run_seconds', 'When old rows were last looked for; absent before the first time.', (of) =>
    seconds(of.lastRun?.at),
  )
  gauge('paloma_retention_rows', 'Rows that the last run deleted.', ({ lastRun }) => lastRun?.rows ?? null)
  gauge(
    'paloma_retention_holds',
    'What keeps days older than the configuration says; GET /v1/retention names it.',
    (of) => (of.lastRun === null ? null : of.lastRun.heldBy.length),
  )
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
