// Fails when what npm would publish could not be used: `npm run check:packages`, after a build.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { build } from 'vite'
import { ROOT } from './architecture/source-tree.ts'
import { finish } from './report.ts'

const PUBLISHED = ['core', 'sdk', 'server'] as const
/** Those a customer's code imports. */
const IMPORTED: readonly string[] = ['core', 'sdk']
const folderOf = (name: string): string => join(ROOT, 'packages', name)

/** Files that npm would put into the package. */
function packedFiles(name: string): readonly string[] {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'], {
    cwd: folderOf(name),
    encoding: 'utf8',
  })
  const [packed]: readonly { readonly files: readonly { readonly path: string }[] }[] = JSON.parse(text)
  return (packed?.files ?? []).map(({ path }) => path)
}

function contentFaults(name: string, files: readonly string[]): readonly string[] {
  const missing = ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts'].filter((path) => !files.includes(path))
  const surplus = files.filter((path) => /\.test\.|\/testing\/|tsbuildinfo/.test(path))
  return [
    ...missing.map((path) => `${name}: ${path} is not in the package`),
    ...surplus.map((path) => `${name}: ${path} does not belong in the package`),
  ]
}

async function publintFaults(name: string): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir: folderOf(name), level: 'warning', strict: true, pack: false })
  return messages.map((message) => `${name}: ${formatMessage(message, pkg, { color: false })}`)
}

const CONSUMER = `import { decide, PalomaError, type Decision } from '@paloma/core'
import { userId } from '@paloma/core/domain'
import { SCENARIOS } from '@paloma/core/simulation'
import { createClient } from '@paloma/sdk'
export const used: readonly unknown[] = [decide, PalomaError, userId, SCENARIOS, createClient]
export type Used = Decision
`

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
] as const

/** What a page does with the SDK; `fetched` is what it asked for. */
const PAGE = `import { createClient } from '@paloma/sdk'
const fetched: string[] = []
const answer = { decisionId: 'd', userId: 'ann', action: { kind: 'hold' }, sendId: null }
const paloma = createClient({
  url: 'https://paloma.example',
  key: 'token',
  fetch: async (input) => {
    fetched.push(String(input instanceof Request ? input.url : input))
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
  },
})
export const done: Promise<readonly string[]> = paloma.decide({ userId: 'ann', decisionId: 'd' }).then(() => fetched)
`

/** What browsers have; Node has it too, and more, which a page must not need. */
const BROWSER = [
  'AbortController',
  'AbortSignal',
  'Headers',
  'Request',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'URL',
].concat(['URLSearchParams', 'clearTimeout', 'crypto', 'setTimeout', 'queueMicrotask', 'atob', 'btoa'])

/** Lays the packed files where a customer would have them. */
function install(name: string, files: readonly string[], modules: string): void {
  for (const file of files) {
    const target = join(modules, '@paloma', name, file)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(folderOf(name), file), target)
  }
}

/** Compiles a customer's file against the packed files, and runs it. */
async function consumerFaults(packed: ReadonlyMap<string, readonly string[]>): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'paloma-consumer-'))
  try {
    for (const [name, files] of packed) if (IMPORTED.includes(name)) install(name, files, join(folder, 'node_modules'))
    for (const library of ['@stdlib', 'pure-rand', 'temporal-polyfill', 'temporal-spec', 'temporal-utils']) {
      symlinkSync(join(ROOT, 'node_modules', library), join(folder, 'node_modules', library))
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'use.ts'), CONSUMER)
    writeFileSync(join(folder, 'page.ts'), PAGE)
    const compiled = RESOLUTIONS.flatMap((resolution) => compileFaults(folder, resolution))
    return [...compiled, ...runFaults(folder), ...(await browserFaults(folder))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compileFaults(folder: string, resolution: (typeof RESOLUTIONS)[number]): readonly string[] {
  const options = {
    ...resolution,
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    // Ours must be sound whatever a customer checks; those of others are theirs.
    skipLibCheck: false,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['use.ts', 'page.ts'] }),
  )
  return run(process.execPath, [join(ROOT, 'scripts/tsc.mjs'), '-p', folder], folder)
}

function runFaults(folder: string): readonly string[] {
  return run(process.execPath, ['use.js'], folder)
}

/** Bundles a page for browsers, and runs it where there is nothing but what browsers have. */
async function browserFaults(folder: string): Promise<readonly string[]> {
  try {
    const code = await bundled(folder)
    const ofNode = /node:|__vite-browser-external|\brequire\(|\bprocess\.|\bBuffer\./.exec(code)
    if (ofNode !== null) return [`a page: its bundle needs Node (${ofNode[0]})`]
    const globals = Object.fromEntries(BROWSER.map((name) => [name, Reflect.get(globalThis, name)]))
    const fetched: unknown = JSON.stringify(await runInNewContext(`${code}\npage.done`, globals))
    return fetched === '["https://paloma.example/v1/decisions"]' ? [] : [`a page: it asked for ${fetched}`]
  } catch (error) {
    return [`a page: ${error instanceof Error ? error.message : String(error)}`]
  }
}

async function bundled(folder: string): Promise<string> {
  const lib = { entry: join(folder, 'page.ts'), name: 'page', formats: ['iife' as const], fileName: 'page' }
  const output = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: { lib, write: false, minify: false },
  })
  const [bundle] = [output].flat().flatMap((each) => ('output' in each ? each.output : []))
  if (bundle?.type !== 'chunk') throw new Error('vite made no bundle')
  return bundle.code
}

function run(command: string, args: readonly string[], cwd: string): readonly string[] {
  try {
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
    return []
  } catch (error) {
    const { stdout, stderr } = Object(error)
    return [`a customer's file: ${stdout ?? ''}${stderr ?? String(error)}`]
  }
}

const packed = new Map(PUBLISHED.map((name) => [name, packedFiles(name)] as const))
const contents = [...packed].flatMap(([name, files]) => contentFaults(name, files))
const linted = (await Promise.all(PUBLISHED.map(publintFaults))).flat()
const consumed = contents.length === 0 ? await consumerFaults(packed) : []
finish('packages can be published and used', [...contents, ...linted, ...consumed])
