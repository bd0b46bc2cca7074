// A source file as the tidy rules see it: its text and its syntax tree. AssemblyScript is TypeScript's syntax but for
// decorators on functions, which are blanked out before parsing so that every position stays true.

import { parseAst } from 'vitest/node'

/** A node of the syntax tree (ESTree with TypeScript's types). */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** What a rule has to say of one place. */
export interface Finding {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly rule: string
  readonly message: string
}

/** One parsed file. */
export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly lineCount: number
  readonly program: SyntaxNode
}

/** Parses a file; the path decides only what the rules make of it. */
export function sourceFile(path: string, text: string): SourceFile {
  const isAssembly = path.includes('/assembly/')
  const parsed = isAssembly ? text.replace(/^[ \t]*@\w+(\([^)\n]*\))?/gm, (found) => ' '.repeat(found.length)) : text
  const program: object = parseAst(parsed, { lang: 'ts' }, path)
  if (!isSyntaxNode(program)) throw new Error(`${path}: the parser gave no tree`)
  return { path, text, lineCount: text.trimEnd().split('\n').length, program }
}

/** The line, from 1, of a position in the file. */
export function lineAt(file: SourceFile, position: number): number {
  let line = 1
  for (let at = file.text.indexOf('\n'); at !== -1 && at < position; at = file.text.indexOf('\n', at + 1)) line++
  return line
}

/** A finding at a position. */
export function finding(file: SourceFile, position: number, rule: string, message: string): Finding {
  return { path: file.path, line: lineAt(file, position), rule, message }
}

/** `path:line rule: message`, as a terminal makes a link of it. */
export function formatFinding({ path, line, rule, message }: Finding): string {
  return `${path}:${line} ${rule}: ${message}`
}

/** Unit tests, benchmarks and fuzz targets beside the source: they may do what the source may not. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.(test|bench|fuzz)\.ts$/.test(path)
}

/** The nodes from the program down to one node; the last is the node itself. */
export type Ancestry = readonly SyntaxNode[]

/** Calls `visit` for every node, parents first. */
export function walk(file: SourceFile, visit: (node: SyntaxNode, ancestry: Ancestry) => void): void {
  const ancestry: SyntaxNode[] = []
  const descend = (node: SyntaxNode): void => {
    ancestry.push(node)
    visit(node, ancestry)
    for (const child of childrenOf(node)) descend(child)
    ancestry.pop()
  }
  descend(file.program)
}

/** A field of a node when it holds a node. */
export function childNode(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const child = node?.[field]
  return isSyntaxNode(child) ? child : undefined
}

/** The nodes in a field that holds a list. */
export function childNodes(node: SyntaxNode, field: string): SyntaxNode[] {
  const list = node[field]
  return Array.isArray(list) ? list.filter(isSyntaxNode) : []
}

/** A field of a node when it holds text. */
export function textField(node: SyntaxNode | undefined, field: string): string | undefined {
  const text = node?.[field]
  return typeof text === 'string' ? text : undefined
}

function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (const value of Object.values(node)) {
    if (isSyntaxNode(value)) yield value
    else if (Array.isArray(value)) yield* value.filter(isSyntaxNode)
  }
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
