import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Module, parseModule } from './module.ts'

/** All sources of the house, and which file each of our own package names stands for. */
export interface SourceTree {
  readonly modules: readonly Module[]
  /** `@paloma/core/domain` → `packages/core/src/domain/index.ts`. */
  readonly entries: ReadonlyMap<string, string>
}

/** Where an import leads: to a file of ours, to a library, or nowhere we can see. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'library'; readonly name: string }
  /** An import of ours that names no source file: a JSON vector, or a file that is gone. */
  | { readonly kind: 'other'; readonly path: string }

/** The folder that holds package.json. */
export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '../..')

const PLACES = ['packages', 'examples', 'benchmarks', 'scripts'] as const
const SKIPPED = new Set(['node_modules', 'dist', 'coverage'])
const SOURCE = /\.(ts|tsx|mts|mjs|js)$/

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue // as the compiler does
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* walk(path)
    } else if (SOURCE.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path
  }
}

/** The JSON of a package's manifest, as far as the checks read it. */
export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Manifests of the workspace packages by folder, e.g. `packages/core`. */
export function readManifests(): ReadonlyMap<string, Manifest> {
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => posix.join('packages', name))
  const known = folders.filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
  return new Map(
    known.map((folder) => [folder, JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))] as const),
  )
}

function readEntries(): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const [folder, { name, exports = {} }] of readManifests()) {
    for (const [subpath, conditions] of Object.entries(exports)) {
      const source = conditions['paloma-source']
      if (source !== undefined) entries.set(posix.join(name, subpath), posix.join(folder, source))
    }
  }
  return entries
}

/** Reads and parses every source file under packages, examples, benchmarks and scripts, and those at the root. */
export function readSourceTree(): SourceTree {
  const atRoot = readdirSync(ROOT).filter((name) => SOURCE.test(name))
  const inPlaces = PLACES.filter((place) => existsSync(join(ROOT, place))).flatMap((place) => [...walk(place)])
  const paths = [...atRoot, ...inPlaces].sort()
  const modules = paths.map((path) => parseModule(path, readFileSync(join(ROOT, path), 'utf8')))
  return { modules, entries: readEntries() }
}

/** `@stdlib/x/lib` → `@stdlib/x`, `zod/v4` → `zod`, `node:fs/promises` → `node:fs`. */
function libraryName(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

/** What was built stands for what it was built from, so that measurements of it keep to the table. */
function sourceOf(path: string): string {
  return path.replace(/^(packages\/[^/]+)\/dist\/(.+)\.js$/, '$1/src/$2.ts')
}

/** Follows one import; `files` are the paths of the tree's modules. */
export function targetOf(
  from: string,
  specifier: string,
  tree: { readonly files: ReadonlySet<string>; readonly entries: SourceTree['entries'] },
): Target {
  const own = tree.entries.get(specifier)
  const path = specifier.startsWith('.') ? sourceOf(posix.join(posix.dirname(from), specifier)) : own
  if (path === undefined) return { kind: 'library', name: libraryName(specifier) }
  return tree.files.has(path) ? { kind: 'file', path } : { kind: 'other', path }
}
