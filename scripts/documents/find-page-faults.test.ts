import { describe, expect, it } from 'vitest'
import { findPageFaults, findUnlistedPages } from './find-page-faults.ts'
import { readPage, slugOf } from './page.ts'

const FILES: Readonly<Record<string, string>> = {
  'docs/b.md': '# Title\n\n## Same\n\n## Same\n',
  'examples/a.ts': 'const a = 1\n',
}

function faults(text: string): readonly string[] {
  const files: Readonly<Record<string, string>> = { ...FILES, 'docs/a.md': text }
  const pages = Object.entries(files)
    .filter(([path]) => path.endsWith('.md'))
    .map(([path, content]) => readPage(path, content))
  const exists = (path: string): boolean =>
    Object.keys(files).some((name) => name === path || name.startsWith(`${path.replace(/\/$/, '')}/`))
  return findPageFaults({ pages, exists, read: (path) => files[path] ?? '', npmScripts: new Set(['check']) })
}

describe('slugOf', () => {
  it.each([
    ['Five rules', 'five-rules'],
    ["What it's for", 'what-its-for'],
    ['`decide` & co.', 'decide--co'],
    ['A [link](b.md)', 'a-link'],
  ])('makes %j the anchor %j', (heading, slug) => {
    expect(slugOf(heading)).toBe(slug)
  })
})

describe('findPageFaults', () => {
  it.each([
    'See [b](b.md), [there](b.md#same-1), [here](#top), [out](https://x.example/y), <a@b.example>.\n\n# Top',
    '`[not](gone.md)` and\n\n```md\n[not](gone.md)\n```',
    '`examples/a.ts`, `docs`, `examples/`, `npm run check`',
    '<!-- code: examples/a.ts -->\n```ts\nconst a = 1\n```',
  ])('lets pass %j', (text) => {
    expect(faults(text)).toEqual([])
  })

  it.each([
    ['\n[b](c.md)', 'docs/a.md:2 links to docs/c.md, which is not there'],
    ['[b](b.md#other)', 'docs/a.md:1 links to docs/b.md#other, which has no such heading'],
    ['[b](#other)', 'docs/a.md:1 links to docs/a.md#other, which has no such heading'],
    ['`examples/b.ts`', 'docs/a.md:1 names examples/b.ts, which is not there'],
    ['```sh\nnpm run chekc\n```', 'docs/a.md:2 names npm run chekc, which package.json does not have'],
    [
      '<!-- code: examples/a.ts -->\n```ts\nconst a = 2\n```',
      'docs/a.md:1 shows examples/a.ts as it is not: npm run docs:write',
    ],
  ])('names what is wrong in %j', (text, fault) => {
    expect(faults(text)).toEqual([fault])
  })
})

describe('findUnlistedPages', () => {
  it('names pages that the index of their folder does not link', () => {
    const pages = [
      readPage('docs/README.md', '[a](guide/a.md)'),
      readPage('docs/guide/a.md', ''),
      readPage('docs/methods/b.md', ''),
    ]
    expect(findUnlistedPages(pages)).toEqual(['docs/README.md does not link docs/methods/b.md'])
  })
})
