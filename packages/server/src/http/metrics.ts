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
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000)
    done()
  })
  registerCounts(usecases, registry)
  return registry
}

/** Gauges that are filled together when somebody scrapes. */
function registerCounts(usecases: Pick<Usecases, 'health'>, registry: Registry): void {
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] })
  const stateId = gauge('paloma_policy_state_id', 'Number of the newest policy state.')
  const users = gauge('paloma_users_in_memory', 'User states held in memory.')
  const learner = gauge('paloma_is_learner', '1 if this process is the one that learns.')
  const sends = new Gauge({
    name: 'paloma_sends',
    help: 'Sends in the ledger by status.',
    labelNames: ['status'],
    registers: [registry],
  })
  new Gauge({
    name: 'paloma_decisions',
    help: 'Decisions in the log.',
    registers: [registry],
    async collect() {
      const counts = await usecases.health.counts()
      this.set(counts.decisions)
      stateId.set(counts.stateId)
      users.set(counts.usersInMemory)
      learner.set(counts.isLearner ? 1 : 0)
      for (const [status, count] of Object.entries(counts.sends)) sends.set({ status }, count)
    },
  })
}
