import ts from 'typescript'
import { descendants, lineOf, type Module } from '../architecture/module.ts'

/** What STYLE counts of one function. */
export interface FunctionMeasure {
  readonly path: string
  readonly line: number
  readonly name: string
  /** Lines from the first of its head to the last of its body, functions inside included. */
  readonly lines: number
  /** Decisions inside it, functions inside left out, plus one. */
  readonly branching: number
  /** Deepest control flow inside control flow. */
  readonly nesting: number
  readonly parameters: number
}

type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration

function isFunction(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node)
  )
}

const CONTROL = new Set([
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.SwitchStatement,
  ts.SyntaxKind.TryStatement,
])

const BRANCHES = new Set([
  ...CONTROL,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.CaseClause,
  ts.SyntaxKind.CatchClause,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
])
BRANCHES.delete(ts.SyntaxKind.SwitchStatement)
BRANCHES.delete(ts.SyntaxKind.TryStatement)

function isElseIf(node: ts.Node): boolean {
  return ts.isIfStatement(node) && ts.isIfStatement(node.parent) && node.parent.elseStatement === node
}

function walkOwn(node: ts.Node, depth: number, see: (node: ts.Node, depth: number) => void): void {
  ts.forEachChild(node, (child) => {
    if (isFunction(child)) return
    const inside = CONTROL.has(child.kind) && !isElseIf(child) ? depth + 1 : depth
    see(child, inside)
    walkOwn(child, inside, see)
  })
}

function nameOf(node: FunctionNode): string {
  if (node.name !== undefined) return node.name.getText()
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  const { parent } = node
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : '(function)'
}

function measure(path: string, node: FunctionNode): FunctionMeasure {
  let branching = 1
  let nesting = 0
  walkOwn(node, 0, (child, depth) => {
    if (BRANCHES.has(child.kind)) branching += 1
    nesting = Math.max(nesting, depth)
  })
  const source = node.getSourceFile()
  const last = source.getLineAndCharacterOfPosition(node.getEnd()).line + 1
  const line = lineOf(node)
  return {
    path,
    line,
    name: nameOf(node),
    lines: last - line + 1,
    branching,
    nesting,
    parameters: node.parameters.length,
  }
}

/** Every function of a module. */
export function measureFunctions({ path, syntax }: Module): readonly FunctionMeasure[] {
  return [...descendants(syntax)].filter(isFunction).map((node) => measure(path, node))
}

/** The smallest value that at least `share` of the values do not exceed; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
