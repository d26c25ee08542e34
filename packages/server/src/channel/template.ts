import type { Content, EpochMs, Scalar, UserId } from '@paloma/core/domain'
import { type FilterImplOptions, filters, Liquid, LiquidError, type Template } from 'liquidjs'

/** What a template may use, under these very names. */
export interface TemplateVariables {
  readonly user: { readonly userId: UserId; readonly traits: Readonly<Record<string, Scalar>> }
  readonly opportunity: { readonly features: Readonly<Record<string, Scalar>> }
  /** The message family. */
  readonly message: string
  readonly unsubscribeUrl: string | null
  readonly now: EpochMs
}

/** The field at fault, the line in it where there is one, and why. */
export interface InvalidTemplate {
  readonly kind: 'invalid'
  readonly field: string
  readonly line: number | null
  readonly reason: string
}

export type Rendered = { readonly kind: 'rendered'; readonly content: Content } | InvalidTemplate

/** Bounds on what one field of one message may cost. */
export interface TemplateLimits {
  readonly sourceCharacters: number
  readonly outputCharacters: number
  readonly renderMs: number
  /** Array items and string characters that filters may make. */
  readonly memory: number
  /** Characters of source whose parsed form is kept. */
  readonly cachedCharacters: number
}

export const DEFAULT_TEMPLATE_LIMITS: TemplateLimits = {
  sourceCharacters: 200_000,
  outputCharacters: 500_000,
  renderMs: 250,
  memory: 2_000_000,
  cachedCharacters: 10_000_000,
}

/** Renders content, remembering parsed templates, the least recently used forgotten first. */
export interface TemplateRenderer {
  render(content: Content, variables: TemplateVariables): Rendered
  validate(content: Content): { readonly kind: 'valid' } | InvalidTemplate
}

/**
 * What the library says of a template that takes longer than `renderMs`. That runs by the machine's clock: a process that was
 * held up meanwhile would lose a message for good, so that it is rendered once more before that is believed.
 */
const RENDERED_TOO_LONG = 'template render limit exceeded'

/** Tags that read other templates, or repeat work that a message never needs. */
const REMOVED_TAGS = ['include', 'render', 'layout', 'block', 'tablerow']

/** Schemes that run code where a link is expected. */
const UNSAFE_URL = /^(?:javascript|vbscript|data):/i

/**
 * Liquid with limits. Output in the field `html` is HTML-escaped unless a template says `| raw`; other fields are plain.
 * Unknown variables are empty, unknown filters and tags invalid; there is no file system, and the only clock is `now`.
 */
export function createTemplates(limits: TemplateLimits = DEFAULT_TEMPLATE_LIMITS): TemplateRenderer {
  const parsers = {
    html: cachedParser(engine(true, limits), limits),
    plain: cachedParser(engine(false, limits), limits),
  }
  const parserOf = (field: string): FieldParser => (field === 'html' ? parsers.html : parsers.plain)
  return {
    render(content, variables) {
      const rendered: Record<string, string> = {}
      for (const [field, source] of Object.entries(content)) {
        const { liquid, parse } = parserOf(field)
        const act = (): string => String(liquid.renderSync(parse(source), scopeOf(variables)))
        const first = attempt(field, act)
        const text = typeof first !== 'string' && first.reason.endsWith(RENDERED_TOO_LONG) ? attempt(field, act) : first
        if (typeof text !== 'string') return text
        if (isLink(field) && isUnsafeUrl(text)) return invalid(field, null, 'is a link that runs code')
        rendered[field] = text
      }
      return { kind: 'rendered', content: rendered }
    },
    validate(content) {
      for (const [field, source] of Object.entries(content)) {
        const problem = attempt(field, () => parserOf(field).parse(source))
        if ('kind' in problem) return problem
      }
      return { kind: 'valid' }
    },
  }
}

/** Whether content would parse: for the edge, so that a producer learns of a mistake when it is made. */
export function validateTemplate(content: Content): { readonly kind: 'valid' } | InvalidTemplate {
  return FOR_VALIDATION.validate(content)
}

interface FieldParser {
  readonly liquid: Liquid
  readonly parse: (source: string) => Template[]
}

function engine(isHtml: boolean, limits: TemplateLimits): Liquid {
  const liquid = new Liquid({
    templates: {},
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: limits.sourceCharacters,
    renderLimit: limits.renderMs,
    memoryLimit: limits.memory,
    ...(isHtml ? { outputEscape: 'escape' as const } : {}),
  })
  for (const tag of REMOVED_TAGS) delete liquid.tags[tag]
  liquid.registerFilter('date', dateOfGivenNow)
  capOutput(liquid, limits.outputCharacters)
  return liquid
}

/** `'now' | date` reads the clock in Liquid; here it means the variable `now`. */
const dateOfGivenNow: FilterImplOptions = function (value: unknown, ...rest: unknown[]) {
  const isNow = value === 'now' || value === 'today'
  const given = isNow ? this.context.getSync(['now']) : value
  return (filters.date as (...args: unknown[]) => unknown).call(this, given, ...rest)
}

/** Gives every piece of output, `capture` included, a buffer which refuses to grow beyond the limit. */
function capOutput(liquid: Liquid, limit: number): void {
  const { renderer } = liquid
  const renderTemplates = renderer.renderTemplates.bind(renderer)
  renderer.renderTemplates = (templates, context, emitter) =>
    renderTemplates(templates, context, emitter ?? new CappedEmitter(limit))
}

class CappedEmitter {
  buffer = ''
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  write(piece: unknown): void {
    this.buffer += textOf(piece)
    if (this.buffer.length > this.#limit) throw new Error(`output is longer than ${this.#limit} characters`)
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('')
  return value === null || value === undefined ? '' : String(value)
}

/** Parses, keeping as many recently used templates as fit. A Map remembers the order of insertion. */
function cachedParser(liquid: Liquid, limits: TemplateLimits): FieldParser {
  const kept = new Map<string, Template[]>()
  let characters = 0
  const parse = (source: string): Template[] => {
    const known = kept.get(source)
    const parsed = known ?? liquid.parse(source)
    if (known === undefined) characters += source.length
    else kept.delete(source)
    kept.set(source, parsed)
    for (const [oldest] of kept) {
      if (characters <= limits.cachedCharacters) break
      kept.delete(oldest)
      characters -= oldest.length
    }
    return parsed
  }
  return { liquid, parse }
}

/** `now` as a date, so that the `date` filter reads milliseconds. */
function scopeOf(variables: TemplateVariables): object {
  const { user, opportunity, message, unsubscribeUrl, now } = variables
  return { user, opportunity, message, unsubscribeUrl, now: new Date(now) }
}

/** The library throws for what a template's author did wrong; here that is a value. */
function attempt<T>(field: string, act: () => T): T | InvalidTemplate {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (!LiquidError.is(error)) return invalid(field, null, error.message)
    const [line] = error.token.getPosition()
    return invalid(field, line ?? null, error.originalError?.message ?? error.message)
  }
}

function invalid(field: string, line: number | null, problem: string): InvalidTemplate {
  return { kind: 'invalid', field, line, reason: `${field}${line === null ? '' : `, line ${line}`}: ${problem}` }
}

function isLink(field: string): boolean {
  return /url$/i.test(field)
}

/** Browsers ignore control characters and spaces when they read a scheme. */
function isUnsafeUrl(text: string): boolean {
  return UNSAFE_URL.test(text.replace(/[\p{Cc}\s]/gu, ''))
}

/** Nothing is kept: a producer's proposals are checked once. */
const FOR_VALIDATION = createTemplates({ ...DEFAULT_TEMPLATE_LIMITS, cachedCharacters: 0 })
