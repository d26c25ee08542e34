import ts from 'typescript'
import { descendants, lineOf, type Module } from './module.ts'
import type { Violation } from './violation.ts'

const FORBIDDEN_FOLDERS = new Set(['shared', 'common', 'utils', 'helpers', 'types'])
const CORE = 'packages/core/src/'

/** Files that a tool requires to have a default export. */
const DEFAULT_EXPORT_ALLOWED = /(^|\/)(vite|vitest|paloma|campaign)\.config\.(ts|mts|mjs)$|\.config\.(ts|mts|mjs)$/

/** Clock, chance and I/O: in core they are arguments. */
const AMBIENT = new Set([
  'Date',
  'performance',
  'crypto',
  'process',
  'globalThis',
  'console',
  'fetch',
  'require',
  'queueMicrotask',
  'setTimeout',
  'setInterval',
  'setImmediate',
])

/** Folders named after nothing in particular. */
export function findForbiddenFolders(modules: readonly Module[]): readonly Violation[] {
  return modules.flatMap(({ path }) => {
    const folder = path
      .split('/')
      .slice(0, -1)
      .find((name) => FORBIDDEN_FOLDERS.has(name))
    return folder === undefined ? [] : [{ path, line: 1, message: `a folder may not be called ${folder}` }]
  })
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  )
}

/** Default exports, outside files whose tool asks for one. */
export function findDefaultExports(modules: readonly Module[]): readonly Violation[] {
  return modules
    .filter(({ path }) => !DEFAULT_EXPORT_ALLOWED.test(path))
    .flatMap((module) => report(module, isDefaultExport, () => 'exports a default: name it'))
}

/** The type `any`, outside tests. */
export function findAny(modules: readonly Module[]): readonly Violation[] {
  const isAny = ({ kind }: ts.Node): boolean => kind === ts.SyntaxKind.AnyKeyword
  return modules.filter(({ isTest }) => !isTest).flatMap((module) => report(module, isAny, () => 'uses the type any'))
}

function isNameOfMember(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  return (
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent)) &&
    parent.name === node
  )
}

function isAmbient(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return AMBIENT.has(node.text) && !isNameOfMember(node)
  return ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random'
}

/** Clock, chance and I/O reached for in core instead of being passed in. */
export function findAmbient(modules: readonly Module[]): readonly Violation[] {
  return coreModules(modules).flatMap((module) =>
    report(module, isAmbient, (node) => `core reaches for ${node.getText()}: pass it in`),
  )
}

function isMutableProperty(node: ts.Node): boolean {
  if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node)) return false
  return !(ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword)
}

/** Whether the type that declares a property leaves its file; what is said inside a function body does not. */
function isInPublicType(node: ts.Node): boolean {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isBlock(at)) return false
    const modifiers = ts.canHaveModifiers(at) ? (ts.getModifiers(at) ?? []) : []
    if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return true
  }
  return false
}

/** Properties of exported types in core that are not readonly; a private memo or accumulator may change. */
export function findMutableProperties(modules: readonly Module[]): readonly Violation[] {
  return coreModules(modules).flatMap((module) =>
    report(
      module,
      (node) => isMutableProperty(node) && isInPublicType(node),
      (node) => `property ${node.getText()} is not readonly`,
    ),
  )
}

/** The one place where a string becomes an id. */
const BRANDS = `${CORE}domain/id.ts`

function isAssertion(node: ts.Node): boolean {
  return ts.isAsExpression(node) && node.type.getText() !== 'const'
}

/** Type assertions in core, where everything is already parsed; `as const` is none. */
export function findAssertions(modules: readonly Module[]): readonly Violation[] {
  return coreModules(modules)
    .filter(({ path }) => path !== BRANDS)
    .flatMap((module) => report(module, isAssertion, (node) => `core asserts a type: ${node.getText()}`))
}

/** The most lines a file may have, tests left out. */
const MOST_LINES = 400

/** Files that hold more than one idea, by their length. */
export function findLongFiles(modules: readonly Module[]): readonly Violation[] {
  return modules.flatMap(({ path, syntax, isTest }) => {
    const lines = syntax.text.split('\n').length - 1
    return isTest || lines <= MOST_LINES
      ? []
      : [{ path, line: lines, message: `has ${lines} lines, ${MOST_LINES} are the most` }]
  })
}

function coreModules(modules: readonly Module[]): readonly Module[] {
  return modules.filter(({ path, isTest }) => path.startsWith(CORE) && !isTest)
}

function report(
  module: Module,
  isAtFault: (node: ts.Node) => boolean,
  say: (node: ts.Node) => string,
): readonly Violation[] {
  return [...descendants(module.syntax)]
    .filter(isAtFault)
    .map((node) => ({ path: module.path, line: lineOf(node), message: say(node) }))
}
