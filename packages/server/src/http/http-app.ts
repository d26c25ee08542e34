import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Config } from '../config/contract.ts'
import type { Usecases } from '../usecases/contract.ts'

/** Fastify whose handlers are typed by the Zod schemas of their routes. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** What routes need. */
export interface RouteDeps {
  readonly usecases: Usecases
  readonly config: Config
}
