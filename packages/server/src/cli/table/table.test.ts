import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTable } from './read-table.ts'
import type { TableRow } from './row.ts'
import type { TableColumn } from './table-column.ts'
import { writeTable } from './write-table.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-table-'))
})
afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, content)
  return path
}

async function rowsOf(path: string, limits = {}): Promise<readonly TableRow[]> {
  const rows: TableRow[] = []
  for await (const batch of readTable(path, undefined, limits)) rows.push(...batch)
  return rows
}

const COLUMNS: readonly TableColumn[] = [
  { name: 'user', kind: 'text' },
  { name: 'value', kind: 'number' },
  { name: 'isNew', kind: 'boolean' },
]

describe('reading CSV', () => {
  it('skips a byte order mark and blank lines, and keeps quoted separators and line breaks', async () => {
    const path = await file('plain.csv', '\uFEFFid,text\n1,"a,\n""b"""\n\n2,\n')
    expect(await rowsOf(path)).toEqual([
      { id: '1', text: 'a,\n"b"' },
      { id: '2', text: null },
    ])
  })

  it('leaves out columns without a name, such as the row numbers that data frames write', async () => {
    const path = await file('index.csv', ',a,\n0,x,\n1,y,\n')
    expect(await rowsOf(path)).toEqual([{ a: 'x' }, { a: 'y' }])
  })

  it('hands rows over in batches in the order of the file', async () => {
    const path = await file('many.csv', `n\n${Array.from({ length: 25 }, (_, i) => i).join('\n')}\n`)
    const sizes: number[] = []
    for await (const batch of readTable(path, 'csv', { batchRows: 10 })) sizes.push(batch.length)
    expect(sizes).toEqual([10, 10, 5])
    expect((await rowsOf(path)).map((row) => Number(row.n))).toEqual(Array.from({ length: 25 }, (_, i) => i))
  })

  it.each([
    ['a ragged row', 'a,b\n1,2\n3\n', /ragged|:3/, 'TABLE_MALFORMED'],
    ['an unclosed quote', 'a,b\n1,"2\n3,4\n', /Quote/, 'TABLE_MALFORMED'],
    ['text after a closing quote', 'a,b\n1,"2"x\n', /:2, cell 2/, 'TABLE_MALFORMED'],
    ['a repeated column', 'a,a\n1,2\n', /column 2 has 'a' a second time/, 'TABLE_MALFORMED'],
    ['a header without any name', ',\n1,2\n', /no column has a name/, 'TABLE_MALFORMED'],
    ['an empty file', '', /header/, 'TABLE_EMPTY'],
    [
      'a cell of a million characters',
      `a,b\n1,2\n3,${'x'.repeat(1e6)}\n`,
      /:3: column b has 1000000/,
      'TABLE_CELL_TOO_LONG',
    ],
  ])('refuses %s and says where', async (_, content, message, code) => {
    const path = await file('broken.csv', content)
    await expect(rowsOf(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    await expect(rowsOf(path)).rejects.toThrow(path)
  })

  it('stops at the row limit instead of swallowing the file behind an unclosed quote', async () => {
    const path = await file('quote.csv', `a\n"${'x\n'.repeat(5_000)}`)
    await expect(rowsOf(path, { rowChars: 1_000 })).rejects.toMatchObject({ code: 'TABLE_MALFORMED' })
  })

  it('may be left early without an error', async () => {
    const path = await file('early.csv.gz', gzipSync(`n\n${'1\n'.repeat(50_000)}`))
    for await (const batch of readTable(path, 'csv', { batchRows: 10 })) {
      expect(batch).toHaveLength(10)
      break
    }
  })
})

describe('reading JSONL', () => {
  it('keeps types and a last line without a line break', async () => {
    const path = await file('plain.jsonl', '\uFEFF{"a":1,"b":true}\n\n{"a":null,"b":"é"}')
    expect(await rowsOf(path)).toEqual([
      { a: 1, b: true },
      { a: null, b: 'é' },
    ])
  })

  it.each([
    ['a broken line', '{"a":1}\n{"a":\n', /:2: not JSON/],
    ['a list', '[1]\n', /:1: expected a JSON object, got a list/],
    ['a nested value', '{"a":1}\n{"a":{"b":1}}\n', /:2: column a must be text/],
  ])('refuses %s and says where', async (_, content, message) => {
    const path = await file('broken.jsonl', content)
    await expect(rowsOf(path)).rejects.toMatchObject({
      code: 'TABLE_MALFORMED',
      message: expect.stringMatching(message),
    })
  })
})

describe('finding the file', () => {
  it.each([
    ['a file that is not there', 'none.csv', 'TABLE_NOT_FOUND'],
    ['an ending it does not know', 'table.xlsx', 'TABLE_FORMAT_UNKNOWN'],
  ])('refuses %s', async (_, name, code) => {
    await expect(rowsOf(join(dir, name))).rejects.toMatchObject({ code })
  })

  it.each(['cut.csv.gz', 'cut.jsonl.gz', 'cut.parquet', 'cut.parquet.gz'])(
    'refuses %s that is cut off',
    async (name) => {
      const path = await file(name, gzipSync('a,b\n1,2\n'.repeat(1_000)).subarray(0, 40))
      await expect(rowsOf(path)).rejects.toMatchObject({ code: expect.stringMatching(/^TABLE_/) })
    },
  )
})

describe('writing', () => {
  const cell = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const row = fc.record({
    user: cell.filter((text) => text.trim() !== ''),
    value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x))),
    isNew: fc.boolean(),
  })

  it.each(['round.csv', 'round.csv.gz', 'round.jsonl', 'round.jsonl.gz', 'round.parquet'])(
    'gives back what was written to %s',
    async (name) => {
      const path = join(dir, name)
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
          await expect(writeTable(path, COLUMNS, [rows])).resolves.toEqual({ rows: rows.length })
          const back = await rowsOf(path)
          const text = name.startsWith('round.csv')
          expect(back).toEqual(text ? rows.map((r) => textual(r)) : rows)
        }),
        { numRuns: 25, seed: 7 },
      )
    },
  )

  it('leaves the target as it was, and nothing beside it, when the rows fail half-way', async () => {
    const path = await file('kept.csv', 'user\nold\n')
    const failing = async function* (): AsyncGenerator<readonly TableRow[]> {
      yield [{ user: 'new', value: 1, isNew: false }]
      throw new Error('the rows broke')
    }
    await expect(writeTable(path, COLUMNS, failing())).rejects.toThrow('the rows broke')
    expect(await readFile(path, 'utf8')).toBe('user\nold\n')
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('says when the directory is missing', async () => {
    await expect(writeTable(join(dir, 'no', 'x.csv'), COLUMNS, [])).rejects.toMatchObject({ code: 'TABLE_UNWRITABLE' })
    await expect(writeTable(join(dir, 'no', 'x.parquet'), COLUMNS, [])).rejects.toMatchObject({
      code: 'TABLE_UNWRITABLE',
    })
  })

  it('compresses what ends in .gz', async () => {
    const path = join(dir, 'small.csv.gz')
    await writeTable(path, COLUMNS, [[{ user: 'a"b', value: 1, isNew: true }]])
    expect(gunzipSync(await readFile(path)).toString()).toBe('user,value,isNew\n"a""b",1,true\n')
  })

  it('keeps row groups apart and their order in Parquet', async () => {
    const path = join(dir, 'long.parquet')
    const batches = Array.from({ length: 12 }, (_, i) =>
      Array.from({ length: 10_000 }, (_, j) => ({ user: String(i * 10_000 + j), value: j, isNew: true })),
    )
    await writeTable(path, COLUMNS, batches)
    const users = (await rowsOf(path)).map((r) => Number(r.user))
    expect(users).toHaveLength(120_000)
    expect(users.every((user, index) => user === index)).toBe(true)
  })
})

function textual(row: TableRow): TableRow {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)]))
}
