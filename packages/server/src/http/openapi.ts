import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { OpenAPIV3_1 } from 'openapi-types'
import { apiSchemas } from './schemas/atoms.ts'

const TAGS: readonly OpenAPIV3_1.TagObject[] = [
  { name: 'users', description: 'Who can be reached, where, and what they agreed to.' },
  { name: 'opportunities', description: 'Proposals of upstream systems to send one message to one user.' },
  { name: 'events', description: 'What users did, in the shape of Segment.' },
  { name: 'decisions', description: 'Choices with their propensity and reasons.' },
  { name: 'groups', description: 'Comparison groups.' },
  { name: 'experiments', description: 'What is tried on some users, and who met it.' },
  { name: 'evaluations', description: 'What a changed configuration would have brought on past decisions.' },
  { name: 'policies', description: 'What decides, as files.' },
  { name: 'retention', description: 'How long is kept.' },
  { name: 'inbox', description: 'In-app messages of one user.' },
  { name: 'unsubscribe', description: 'Where links in messages lead.' },
  { name: 'clock', description: 'The server’s time, virtual or real.' },
  { name: 'keys', description: 'API keys and their scopes.' },
  { name: 'health', description: 'For orchestrators and monitoring.' },
]

/** Leaves out components that no operation refers to: input twins of schemas that only answers use, and the reverse. */
const transformComponents: SwaggerTransformObject = (document) => {
  const whole: Partial<OpenAPIV3_1.Document> = withComponents(document)
  const schemas = { ...whole.components?.schemas }
  const used = reachable(schemas, JSON.stringify(whole.paths ?? {}))
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
  return { ...whole, components: { ...whole.components, schemas: kept } }
}

const withComponents = createJsonSchemaTransformObject({ schemaRegistry: apiSchemas }) as (
  document: Parameters<SwaggerTransformObject>[0],
) => Partial<OpenAPIV3_1.Document>

function reachable(schemas: Readonly<Record<string, unknown>>, paths: string): ReadonlySet<string> {
  const used = new Set<string>()
  const queue = referencesIn(paths)
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (used.has(name) || schemas[name] === undefined) continue
    used.add(name)
    queue.push(...referencesIn(JSON.stringify(schemas[name])))
  }
  return used
}

function referencesIn(text: string): string[] {
  return [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '')
}

/** Options of @fastify/swagger for the OpenAPI 3.1 document. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Paloma',
      version: '1',
      description: 'Decides which message reaches which user, through which channel, and at what moment.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...TAGS],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'The key as user name, an empty password.' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{ bearer: [] }, { basic: [] }, { header: [] }],
  },
  transform: createJsonSchemaTransform({ schemaRegistry: apiSchemas }),
  transformObject: transformComponents,
}
