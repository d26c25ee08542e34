import type { FeatureSchema, Group, GroupRule, Rules } from '@paloma/core/domain'
import { PalomaError } from '@paloma/core/domain'
import { z } from 'zod'
import { configSchema } from './config-schema.ts'
import type { Config, EventRules } from './contract.ts'
import { defaultConfig } from './default-config.ts'
import { type Issue, issuesOf, shown, UNKNOWN_FIELD } from './issues.ts'
import { nearName } from './near-name.ts'

/** The parts of a configuration that differ from `defaultConfig`. */
export interface ConfigInput {
  readonly objectives?: Config['objectives']
  readonly rules?: Partial<Rules>
  readonly features?: Partial<FeatureSchema>
  readonly groups?: Readonly<Partial<Record<Group, GroupRule>>>
  readonly groupSalt?: string
  readonly prices?: Config['prices']
  readonly priceTargets?: Config['priceTargets']
  readonly events?: Partial<EventRules>
  readonly adapters?: Config['adapters']
  readonly learning?: Partial<Config['learning']>
  readonly messages?: Partial<NonNullable<Config['messages']>> | null
  /** The policy artifact itself; a configuration in JSON may name its file instead. */
  readonly artifact?: Config['artifact']
  readonly metrics?: Config['metrics']
  readonly experiments?: Partial<Config['experiments']>
  readonly sharedLimits?: Config['sharedLimits']
  readonly retention?: Partial<Config['retention']>
  readonly limits?: Partial<Config['limits']>
}

/** Sections whose members are laid over the defaults one by one; everything else is replaced whole. */
const MERGED = [
  'rules',
  'features',
  'groups',
  'events',
  'adapters',
  'learning',
  'experiments',
  'retention',
  'limits',
] as const

/**
 * A whole, checked configuration: the given parts laid over `defaultConfig`. Lists and the members of sections are
 * replaced, not joined: `rules.caps` gives all caps. Throws CONFIG_INVALID, which names every field at fault.
 */
export function defineConfig(input: ConfigInput): Config {
  return parseConfig(input)
}

/** The same for outside data; `origin` names the file in the message. */
export function parseConfig(input: unknown, origin = 'configuration'): Config {
  if (!isObject(input)) {
    throw new PalomaError('CONFIG_INVALID', `${origin} must be an object, got ${shown(input)}`, {
      hint: 'export default defineConfig({ … })',
      pointer: '',
    })
  }
  const result = configSchema.safeParse(overDefaults(input), { reportInput: true })
  if (result.success) return result.data
  const issues = issuesOf(result.error)
  const lines = issues.map((issue) => {
    return `  ${issue.pointer === '' ? '/' : issue.pointer}: ${withoutSecret(issue)}${suggestion(issue)}`
  })
  throw new PalomaError('CONFIG_INVALID', `${origin} is not valid:\n${lines.join('\n')}`, {
    hint: 'docs/guide/configuration.md names every field and its default',
    ...(issues[0] === undefined ? {} : { pointer: issues[0].pointer }),
  })
}

/** Members whose values hold passwords or keys; URLs may. */
const SECRET_POINTER = /\/(secret|privateKey|vapidPrivateKey|url)$/

function withoutSecret({ pointer, detail }: Issue): string {
  return SECRET_POINTER.test(pointer) ? detail.replace(/, got .*$/s, '') : detail
}

/** The name that an unknown one was likely meant to be: of its section first, else of any. */
function suggestion({ pointer, detail }: Issue): string {
  if (detail !== UNKNOWN_FIELD) return ''
  const parts = pointer.split('/').slice(1)
  const given = parts.pop() ?? ''
  const section = parts.reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), defaultConfig)
  const near = (isObject(section) ? nearName(given, Object.keys(section)) : undefined) ?? nearName(given, fieldNames())
  return near === undefined ? '' : `; did you mean "${near}"?`
}

/** Every name that a field of the configuration may have. */
function fieldNames(): ReadonlySet<string> {
  const names = new Set<string>()
  const collect = (schema: unknown): void => {
    if (Array.isArray(schema)) for (const each of schema) collect(each)
    if (!isObject(schema)) return
    if (isObject(schema.properties)) for (const name of Object.keys(schema.properties)) names.add(name)
    for (const each of Object.values(schema)) collect(each)
  }
  collect(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }))
  return names
}

/** What holds where messages are learned of and nothing more is said. */
const NO_MESSAGE_SETTINGS: NonNullable<Config['messages']> = { variants: {}, beliefs: [], traits: {} }

function overDefaults(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const merged = MERGED.map((section): readonly [string, unknown] => {
    const given = input[section]
    return [section, isObject(given) ? { ...defaultConfig[section], ...given } : (given ?? defaultConfig[section])]
  })
  const messages = isObject(input.messages) ? { messages: { ...NO_MESSAGE_SETTINGS, ...input.messages } } : {}
  return { ...defaultConfig, ...input, ...Object.fromEntries(merged), ...messages }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
