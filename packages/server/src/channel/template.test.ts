import { userId } from '@paloma/core/domain'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createTemplates, DEFAULT_TEMPLATE_LIMITS, type TemplateVariables, validateTemplate } from './template.ts'

const VARIABLES: TemplateVariables = {
  user: {
    userId: userId('ada'),
    traits: { name: 'Ada', evil: '<script>alert("1")</script>', link: 'javascript:alert(1)' },
  },
  opportunity: { features: { price: 20 } },
  message: 'price-drop',
  unsubscribeUrl: 'https://paloma.example/u/t',
  now: 1_750_000_000_000,
}

function rendered(field: string, source: string): string | undefined {
  const result = createTemplates().render({ [field]: source }, VARIABLES)
  if (result.kind === 'invalid') throw new Error(result.reason)
  return result.content[field]
}

describe('render', () => {
  it.each([
    ['Hello {{ user.traits.name }}', 'Hello Ada'],
    ['{{ user.userId }} {{ message }} {{ opportunity.features.price | plus: 1 }}', 'ada price-drop 21'],
    ['{{ unsubscribeUrl }}', 'https://paloma.example/u/t'],
    ["{{ now | date: '%Y-%m-%d %H:%M' }}", '2025-06-15 15:06'],
    ["{{ 'now' | date: '%Y' }} {{ 'today' | date: '%m' }}", '2025 06'],
    ["{{ now | date: '%H:%M', 'Europe/Berlin' }}", '17:06'],
    ['[{{ user.traits.nobody }}{{ nothing.at.all }}]', '[]'],
    ['{% if user.traits.name == "Ada" %}yes{% else %}no{% endif %}', 'yes'],
    ['{% capture x %}a{{ message }}{% endcapture %}{{ x }}', 'aprice-drop'],
    ["{{ user.traits.nobody | default: 'friend' }}", 'friend'],
  ])('turns %s into %s', (source, text) => {
    expect(rendered('body', source)).toBe(text)
  })

  it('escapes traits in html, and in html alone', () => {
    const source = '{{ user.traits.evil }}'
    expect(rendered('html', source)).toBe('&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;')
    expect(rendered('subject', source)).toBe('<script>alert("1")</script>')
  })

  it('leaves the markup of the template itself, and what it calls raw', () => {
    expect(rendered('html', '<b>{{ user.traits.name }}</b>{{ "<i>" | raw }}')).toBe('<b>Ada</b><i>')
  })

  it('never lets a trait bring markup into html, whatever it holds', () => {
    const templates = createTemplates()
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '{{', '}}', '{%', 'a') }), (name) => {
        const user = { userId: userId('ada'), traits: { name } }
        const result = templates.render({ html: '<p title="{{ user.traits.name }}">' }, { ...VARIABLES, user })
        expect(result.kind === 'rendered' && result.content.html).toMatch(/^<p title="[^<>"']*">$/)
      }),
      { seed: 3, numRuns: 200 },
    )
  })

  it('refuses a link that would run code', () => {
    for (const source of ['{{ user.traits.link }}', ' java\nscript:alert(1)', 'data:text/html,x']) {
      expect(createTemplates().render({ url: source }, VARIABLES)).toMatchObject({ kind: 'invalid', field: 'url' })
    }
    expect(rendered('url', 'https://acme.example/{{ message }}')).toBe('https://acme.example/price-drop')
    expect(rendered('url', 'acme-app://offers')).toBe('acme-app://offers')
  })

  it('does not reach into prototypes', () => {
    expect(rendered('body', '[{{ user.constructor.name }}{{ user.traits.__proto__ }}{{ message.constructor }}]')).toBe(
      '[]',
    )
  })

  it.each([
    ['an endless loop', /limit exceeded/, '{% for i in (1..100000000) %}{% endfor %}'],
    [
      'nested loops that write nothing',
      /limit exceeded/,
      `${'{% for i in (1..1000) %}'.repeat(4)}{% assign n = i %}${'{% endfor %}'.repeat(4)}`,
    ],
    [
      'a growing string',
      /limit exceeded/,
      '{% assign s = "x" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}',
    ],
    ['long output', /output is longer/, `{% for i in (1..10000) %}${'x'.repeat(1_000)}{% endfor %}`],
    [
      'long captured output',
      /output is longer/,
      `{% capture c %}{% for i in (1..10000) %}${'x'.repeat(1_000)}{% endfor %}{% endcapture %}`,
    ],
    ['deep nesting', /call stack|limit/, `${'{% if true %}'.repeat(9_000)}${'{% endif %}'.repeat(9_000)}`],
    ['a template of a megabyte', /parse length limit/, 'x'.repeat(1_000_000)],
  ])('stops %s', (_name, reason, source) => {
    const started = performance.now()
    const result = createTemplates().render({ body: source }, VARIABLES)
    expect(result).toMatchObject({ kind: 'invalid', field: 'body', reason: expect.stringMatching(reason) })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('renders once more where the process was held up, and gives up a template that takes too long twice', () => {
    const { renderMs } = DEFAULT_TEMPLATE_LIMITS
    let now = 0
    let heldUp = [renderMs + 1]
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      const read = now
      now += heldUp.pop() ?? 0
      return read
    })
    const source = '<p>{{ message }}</p>'
    const templates = createTemplates()
    expect(templates.render({ html: source }, VARIABLES)).toEqual({
      kind: 'rendered',
      content: { html: '<p>price-drop</p>' },
    })
    heldUp = Array(10).fill(renderMs + 1)
    expect(templates.render({ html: source }, VARIABLES)).toMatchObject({
      kind: 'invalid',
      reason: expect.stringContaining('limit exceeded'),
    })
    clock.mockRestore()
  })

  it('gives the same result when the template is remembered, and when it was forgotten', () => {
    const templates = createTemplates({ ...DEFAULT_TEMPLATE_LIMITS, cachedCharacters: 40 })
    const sources = ['a {{ message }}', 'b {{ message }}', 'c {{ message }}', 'a {{ message }}']
    for (const source of [...sources, ...sources]) {
      const expected = source.replace('{{ message }}', 'price-drop')
      expect(templates.render({ body: source }, VARIABLES)).toEqual({ kind: 'rendered', content: { body: expected } })
    }
  })
})

describe('validateTemplate', () => {
  it('accepts what renders', () => {
    expect(validateTemplate({ subject: 'Hi {{ user.traits.name }}', html: '<p>{{ message | upcase }}</p>' })).toEqual({
      kind: 'valid',
    })
  })

  it.each([
    ['{{ a | nofilter }}', 1, /nofilter/],
    ['one\ntwo {% if x %}', 2, /not closed/],
    ['one\ntwo\n{% include "/etc/passwd" %}', 3, /tag "include" not found/],
    ['{% render "x" %}', 1, /tag "render" not found/],
    ['{% layout "x" %}', 1, /tag "layout" not found/],
    ['{{ open', 1, /not closed/],
  ])('names field, line and reason for %j', (source, line, reason) => {
    const result = validateTemplate({ subject: 'fine', html: source })
    expect(result).toMatchObject({ kind: 'invalid', field: 'html', line })
    expect(result).toHaveProperty('reason', expect.stringMatching(reason))
  })
})
