// Sizes: files and functions that a reader can hold in mind.

import {
  type Ancestry,
  childNode,
  type Finding,
  finding,
  isTest,
  lineAt,
  type SourceFile,
  textField,
  walk,
} from './source-file.ts'

/** Lines of any file. */
export const FILE_LINES_MAX = 500
/** Half of the source files are no longer than this. */
export const FILE_LINES_MEDIAN_MAX = 160
/** Nine of ten source files are no longer than this. */
export const FILE_LINES_P90_MAX = 400
/** Lines of a function, from its first to its last. */
export const FUNCTION_LINES_MAX = 70

/** No file is longer than the limit. */
export function checkFileSize(file: SourceFile): Finding[] {
  if (file.lineCount <= FILE_LINES_MAX) return []
  return [finding(file, 0, 'file size', `${file.lineCount} lines, at most ${FILE_LINES_MAX}`)]
}

/** Columns of a line in `assembly/`; the formatter holds them elsewhere, where text may be longer. */
export const LINE_COLUMNS_MAX = 120

/** No line of AssemblyScript, which the formatter does not know, is wider than the others. */
export function checkLineWidth(file: SourceFile): Finding[] {
  if (!file.path.includes('/assembly/')) return []
  let start = 0
  return file.text.split('\n').flatMap((line) => {
    const at = start
    start += line.length + 1
    return line.length > LINE_COLUMNS_MAX ? [finding(file, at, 'line width', `${line.length} columns`)] : []
  })
}

/** The source files as a whole are small. */
export function checkSizeSpread(files: readonly SourceFile[]): Finding[] {
  const sorted = files.filter((file) => !isTest(file.path)).sort((a, b) => a.lineCount - b.lineCount)
  const check = (share: number, name: string, max: number): Finding[] => {
    const file = sorted[Math.floor(sorted.length * share)]
    if (file === undefined || file.lineCount <= max) return []
    return [finding(file, 0, 'file sizes', `the ${name} is ${file.lineCount} lines, at most ${max}`)]
  }
  return [...check(0.5, 'median', FILE_LINES_MEDIAN_MAX), ...check(0.9, '90th percentile', FILE_LINES_P90_MAX)]
}

/** No function, method or accessor is longer than the limit; a test's `describe` block is a list, not a function. */
export function checkFunctionSize(file: SourceFile): Finding[] {
  const findings: Finding[] = []
  walk(file, (node, ancestry) => {
    if (!FUNCTION_TYPES.has(node.type) || (isTest(file.path) && isDescribeBlock(ancestry))) return
    const lines = lineAt(file, node.end) - lineAt(file, node.start) + 1
    if (lines <= FUNCTION_LINES_MAX) return
    const message = `${nameOf(ancestry)} has ${lines} lines, at most ${FUNCTION_LINES_MAX}`
    findings.push(finding(file, node.start, 'function size', message))
  })
  return findings
}

const FUNCTION_TYPES = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function isDescribeBlock(ancestry: Ancestry): boolean {
  const parent = ancestry.at(-2)
  if (parent?.type !== 'CallExpression') return false
  let callee = childNode(parent, 'callee')
  while (callee !== undefined && callee.type !== 'Identifier') {
    callee = childNode(callee, 'callee') ?? childNode(callee, 'object') ?? childNode(callee, 'tag')
  }
  return textField(callee, 'name') === 'describe'
}

function nameOf(ancestry: Ancestry): string {
  const node = ancestry.at(-1)
  const parent = ancestry.at(-2)
  const named = childNode(node, 'id') ?? childNode(parent, 'key') ?? childNode(parent, 'id')
  return textField(named, 'name') ?? 'a function'
}
