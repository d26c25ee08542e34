import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './source-tree.ts'

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  customConditions: ['paloma-source'],
  noEmit: true,
  skipLibCheck: true,
  types: [],
  noLib: true,
}

function kindOf(symbol: ts.Symbol, checker: ts.TypeChecker): 'value' | 'type' {
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  return (target.flags & ts.SymbolFlags.Value) === 0 ? 'type' : 'value'
}

/** Names that each entry file exports, `type` in front of those that leave nothing at run time; sorted. */
export function publicNames(entries: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const program = ts.createProgram(
    entries.map((path) => join(ROOT, path)),
    OPTIONS,
  )
  const checker = program.getTypeChecker()
  return new Map(
    entries.map((path) => {
      const source = program.getSourceFile(join(ROOT, path))
      const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source)
      const names = symbol === undefined ? [] : checker.getExportsOfModule(symbol)
      const lines = names.map((name) => (kindOf(name, checker) === 'type' ? `type ${name.name}` : name.name))
      return [path, lines.sort()] as const
    }),
  )
}
