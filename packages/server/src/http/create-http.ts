import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import type { Config } from '../config/contract.ts'
import type { Usecases } from '../usecases/contract.ts'
import { guard } from './auth.ts'
import { closeInTime } from './close-in-time.ts'
import { STREAM_OPENED } from './event-stream.ts'
import type { HttpApp, RouteDeps } from './http-app.ts'
import { acceptJson } from './json-body.ts'
import { measure } from './metrics.ts'
import { answerMissingRoutes } from './missing-route.ts'
import { openApiOptions } from './openapi.ts'
import { ProblemError, problemSender, sendProblem, type TroubleNotes } from './problem.ts'
import { limitRate } from './rate-limit.ts'
import { clockRoutes } from './routes/clock.ts'
import { consoleRoutes } from './routes/console.ts'
import { decisionRoutes } from './routes/decisions.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { EVENT_MEDIA_TYPES, eventRoutes } from './routes/events.ts'
import { experimentRoutes } from './routes/experiments.ts'
import { groupRoutes } from './routes/groups.ts'
import { healthRoutes } from './routes/health.ts'
import { inboxRoutes } from './routes/inbox.ts'
import { inboxStreamRoute } from './routes/inbox-stream.ts'
import { keyRoutes } from './routes/keys.ts'
import { mailReportRoutes } from './routes/mail-reports.ts'
import { opportunityRoutes } from './routes/opportunities.ts'
import { policyRoutes } from './routes/policies.ts'
import { retentionRoutes } from './routes/retention.ts'
import { unsubscribeRoutes } from './routes/unsubscribe.ts'
import { userRoutes } from './routes/users.ts'
import { validateWithZod } from './validation.ts'

export interface HttpOptions {
  readonly usecases: Usecases
  readonly config: Config
  /** Hears failures of the server only; single requests are not logged. */
  readonly logger?: FastifyBaseLogger
  /** Hears of requests that are to come back, each kind now and then; the logger does where nobody else is to. */
  readonly notes?: TroubleNotes
  /** Registry that the metrics of HTTP join; a fresh one by default. */
  readonly metrics?: Registry
  /** Directory of the built console, served at `/console/`. */
  readonly consoleDir?: string
  /** Pause between signs of life on event streams. */
  readonly heartbeatMs?: number
  /** Requests in flight beyond which new ones are told to come back (503, `Retry-After`). */
  readonly maxInFlight?: number
}

/** Ids have at most 256 characters, each up to twelve once it is percent-encoded; tokens hold two names. */
const MAX_PARAM_LENGTH = 8_192

/**
 * The HTTP API over the use cases: a Fastify instance that is not listening yet. Errors are RFC 9457 problems,
 * `/openapi.json` describes every route.
 */
export function createHttp(options: HttpOptions): FastifyInstance {
  const app = createApp(options)
  app.decorateRequest('bodyLength', 0)
  app.setErrorHandler(problemSender(options.notes))
  answerMissingRoutes(app)
  limitInFlight(app, options.maxInFlight ?? 2_000)
  closeInTime(app)
  guard(app, options.usecases)
  limitRate(app, options.config.limits.requestsPerMinute)
  const registry = measure(app, options.usecases, options.metrics)
  app.setValidatorCompiler(validateWithZod)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.removeAllContentTypeParsers()
  app.register(swagger, openApiOptions)
  app.register(async (scope) => registerRoutes(scope.withTypeProvider<ZodTypeProvider>(), options, registry))
  return app
}

function createApp({ config, logger }: HttpOptions): FastifyInstance {
  return fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    bodyLimit: config.limits.bodyBytes,
    genReqId: requestIds(),
    // A logger for each request would cost more than all it ever writes: what is logged names the request itself.
    childLoggerFactory: (parent) => parent,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
  })
}

/** Ids that are unique among processes by their random head and within one by a count: cheaper than a UUID each. */
function requestIds(): () => string {
  const head = crypto.randomUUID().slice(0, 8)
  let count = 0
  return () => `${head}-${(count++).toString(36)}`
}

function limitInFlight(app: FastifyInstance, max: number): void {
  let inFlight = 0
  app.addHook('onRequest', (request, reply, done) => {
    inFlight++
    let isOver = false
    const end = (): void => {
      if (!isOver) inFlight--
      isOver = true
    }
    reply.raw.once('close', end).once(STREAM_OPENED, end)
    const isProbe = request.url === '/healthz' || request.url === '/metrics'
    if (inFlight <= max || isProbe) return done()
    done(new ProblemError('SERVER_BUSY', `more than ${max} requests are in flight`, { status: 503 }))
  })
}

function registerRoutes(app: HttpApp, options: HttpOptions, registry: Registry): void {
  const deps: RouteDeps = { usecases: options.usecases, config: options.config }
  app.register(async (scope) => {
    acceptJson(scope, ['application/json'])
    const typed = scope.withTypeProvider<ZodTypeProvider>()
    userRoutes(typed, deps)
    opportunityRoutes(typed, deps)
    decisionRoutes(typed, deps)
    groupRoutes(typed, deps)
    experimentRoutes(typed, deps)
    evaluationRoutes(typed, deps)
    policyRoutes(typed, deps)
    retentionRoutes(typed, deps)
    clockRoutes(typed, deps)
    keyRoutes(typed, deps)
    healthRoutes(typed, deps, registry)
  })
  app.register(async (scope) => {
    await scope.register(cors, { origin: '*', methods: ['GET', 'POST'], maxAge: 86_400 })
    acceptJson(scope, EVENT_MEDIA_TYPES)
    const typed = scope.withTypeProvider<ZodTypeProvider>()
    eventRoutes(typed, deps)
    inboxRoutes(typed, deps)
    inboxStreamRoute(typed, deps, options.heartbeatMs ?? 15_000)
  })
  app.register(async (scope) => mailReportRoutes(scope.withTypeProvider<ZodTypeProvider>(), deps))
  app.register(async (scope) => unsubscribeRoutes(scope.withTypeProvider<ZodTypeProvider>(), deps))
  const { consoleDir } = options
  if (consoleDir !== undefined) {
    app.register(async (scope) => consoleRoutes(scope.withTypeProvider<ZodTypeProvider>(), consoleDir))
  }
}
