import type { Manifest, SourceTree } from './source-tree.ts'
import { targetOf } from './source-tree.ts'
import type { Violation } from './violation.ts'

interface Use {
  readonly library: string
  readonly path: string
  readonly line: number
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Libraries, our own packages among them, that a package's code imports; tests and tool configuration left out. */
function usesOf(folder: string, tree: SourceTree): readonly Use[] {
  const files = new Set(tree.modules.map(({ path }) => path))
  return tree.modules
    .filter(({ path, isTest }) => path.startsWith(`${folder}/src/`) && !isTest)
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
        .filter(({ specifier }) => targetOf(path, specifier, { files, entries: tree.entries }).kind !== 'other')
        .map(({ specifier, line }) => ({ library: packageName(specifier), path, line })),
    )
}

/** Imports of what a package's manifest does not name, and what it names but nothing imports. */
export function findDependencyFaults(tree: SourceTree, manifests: ReadonlyMap<string, Manifest>): readonly Violation[] {
  return [...manifests].flatMap(([folder, { dependencies = {} }]) => {
    const uses = usesOf(folder, tree)
    const used = new Set(uses.map(({ library }) => library))
    const missing = uses
      .filter(({ library }) => dependencies[library] === undefined)
      .map(({ library, path, line }) => ({ path, line, message: `${library} is no dependency of ${folder}` }))
    const unused = Object.keys(dependencies)
      .filter((library) => !used.has(library))
      .map((library) => ({ path: `${folder}/package.json`, line: 1, message: `nothing imports ${library}` }))
    return [...missing, ...unused]
  })
}
