import ts from 'typescript'

/** One import, re-export or literal `import()` of a module. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** Erased by the compiler: nothing of it is left at run time. */
  readonly isTypeOnly: boolean
}

/** A source file with what the checks ask of it. `path` is relative to the root, with forward slashes. */
export interface Module {
  readonly path: string
  readonly syntax: ts.SourceFile
  readonly imports: readonly Import[]
  /** Tests, and the fakes, arbitraries and suites that only tests use. */
  readonly isTest: boolean
}

const TEST_PATH = /\.test\.tsx?$|\/testing\//

/** 1-based line on which a node starts. */
export function lineOf(node: ts.Node): number {
  const source = node.getSourceFile()
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

/** Every descendant of a node, parents first. */
export function* descendants(node: ts.Node): Generator<ts.Node> {
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) {
    yield child
    yield* descendants(child)
  }
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every(({ isTypeOnly }) => isTypeOnly)
}

function isTypeOnlyExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true
  const names = node.exportClause
  return names !== undefined && ts.isNamedExports(names) && names.elements.every(({ isTypeOnly }) => isTypeOnly)
}

function importOf(node: ts.Node): Import | undefined {
  const made = (specifier: ts.Node | undefined, isTypeOnly: boolean): Import | undefined =>
    specifier !== undefined && ts.isStringLiteralLike(specifier)
      ? { specifier: specifier.text, line: lineOf(node), isTypeOnly }
      : undefined
  if (ts.isImportDeclaration(node)) return made(node.moduleSpecifier, isTypeOnlyImport(node))
  if (ts.isExportDeclaration(node)) return made(node.moduleSpecifier, isTypeOnlyExport(node))
  if (ts.isImportTypeNode(node))
    return made(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return made(node.arguments[0], false)
  }
  return undefined
}

/** Parses one file. */
export function parseModule(path: string, text: string): Module {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : path.endsWith('.ts') ? ts.ScriptKind.TS : ts.ScriptKind.JS
  const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, kind)
  const imports = [...descendants(syntax)].map(importOf).filter((found) => found !== undefined)
  return { path, syntax, imports, isTest: TEST_PATH.test(path) }
}
