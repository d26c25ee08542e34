// Fails when what npm would publish could not be used: `npm run check:packages`, after a build.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
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
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
] as const

/** Lays the packed files where a customer would have them. */
function install(name: string, files: readonly string[], modules: string): void {
  for (const file of files) {
    const target = join(modules, '@paloma', name, file)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(folderOf(name), file), target)
  }
}

/** Compiles a customer's file against the packed files, and runs it. */
function consumerFaults(packed: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'paloma-consumer-'))
  try {
    for (const [name, files] of packed) if (IMPORTED.includes(name)) install(name, files, join(folder, 'node_modules'))
    for (const library of ['@stdlib', 'pure-rand', 'temporal-polyfill', 'temporal-spec', 'temporal-utils']) {
      symlinkSync(join(ROOT, 'node_modules', library), join(folder, 'node_modules', library))
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'use.ts'), CONSUMER)
    return RESOLUTIONS.flatMap((resolution) => compileFaults(folder, resolution)).concat(runFaults(folder))
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
    skipLibCheck: true,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }))
  return run(process.execPath, [join(ROOT, 'scripts/tsc.mjs'), '-p', folder], folder)
}

function runFaults(folder: string): readonly string[] {
  return run(process.execPath, ['use.js'], folder)
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
const consumed = contents.length === 0 ? consumerFaults(packed) : []
finish('packages can be published and used', [...contents, ...linted, ...consumed])
