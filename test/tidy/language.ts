// What the language offers and Sluice does without: globals outside their layer, holes in the types, loose ends.

import {
  type Ancestry,
  childNode,
  type Finding,
  finding,
  isTest,
  type SourceFile,
  type SyntaxNode,
  textField,
  walk,
} from './source-file.ts'

/** Globals, and members of them, that only some folders of src may use. */
const GUARDED: readonly { readonly folder: string; readonly names: readonly string[] }[] = [
  { folder: 'cli', names: ['console', 'process.env', 'process.exit', 'process.exitCode'] },
  {
    folder: 'util',
    names: [
      ...['Date', 'performance.now', 'process.hrtime', 'setTimeout', 'setInterval', 'setImmediate'],
      ...['Math.random', 'crypto', 'randomBytes', 'randomFillSync', 'randomUUID'],
    ],
  },
]

/** Environment, exit and console only in cli; clocks, timers and randomness only in util. */
export function checkGlobals(file: SourceFile): Finding[] {
  const [top, folder] = file.path.split('/')
  if (top !== 'src' || isTest(file.path) || file.path.includes('/assembly/')) return []
  const guards = GUARDED.filter((guard) => guard.folder !== folder)
  const findings: Finding[] = []
  walk(file, (node, ancestry) => {
    const name = globalName(node, ancestry)
    const guard = guards.find(({ names }) => name !== undefined && names.includes(name))
    if (guard !== undefined)
      findings.push(finding(file, node.start, 'globals', `${name} belongs in src/${guard.folder}`))
  })
  return findings
}

/** `as unknown as` per 1,000 lines of source, at most. */
export const CASTS_PER_1000_LINES_MAX = 1

/** No type is `any`, and no comment silences the compiler. */
export function checkTypeHoles(file: SourceFile): Finding[] {
  const findings: Finding[] = []
  walk(file, (node) => {
    if (node.type === 'TSAnyKeyword') findings.push(finding(file, node.start, 'types', '`any` is not a type here'))
  })
  for (const found of file.text.matchAll(/@ts-(?:ignore|expect-error|nocheck)\b/g)) {
    findings.push(finding(file, found.index, 'types', `${found[0]} hides an error`))
  }
  return findings
}

/** Casts through `unknown` stay rare over all of the source. */
export function checkCasts(files: readonly SourceFile[]): Finding[] {
  const source = files.filter((file) => file.path.startsWith('src/') && !isTest(file.path))
  const lines = source.reduce((sum, file) => sum + file.lineCount, 0)
  const casts: Finding[] = []
  for (const file of source) {
    walk(file, (node) => {
      const inner = childNode(node, 'expression')
      const isCast = node.type === 'TSAsExpression' && inner?.type === 'TSAsExpression'
      if (isCast && childNode(inner, 'typeAnnotation')?.type === 'TSUnknownKeyword') {
        casts.push(finding(file, node.start, 'casts', `one of more than ${CASTS_PER_1000_LINES_MAX} in 1,000 lines`))
      }
    })
  }
  return casts.length * 1_000 > lines * CASTS_PER_1000_LINES_MAX ? casts : []
}

/** Exports have names, and are listed one by one. */
export function checkNamedExports(file: SourceFile): Finding[] {
  if (file.path.endsWith('.config.ts')) return []
  const findings: Finding[] = []
  walk(file, (node) => {
    if (node.type === 'ExportDefaultDeclaration')
      findings.push(finding(file, node.start, 'exports', 'a default export'))
    if (node.type === 'ExportAllDeclaration')
      findings.push(finding(file, node.start, 'exports', 'an export of everything'))
  })
  return findings
}

/** No note to self is left in the text. */
export function checkLooseEnds(file: SourceFile): Finding[] {
  return [...file.text.matchAll(/\b(?:TO[D]O|FIX[M]E|X[X]X)\b/g)].map((found) =>
    finding(file, found.index, 'loose ends', `${found[0]}: do it, or record it elsewhere`),
  )
}

/** Files and folders are kebab-case after their main noun. */
export function checkNames(file: SourceFile): Finding[] {
  const parts = file.path.split('/')
  const name = parts.pop() ?? ''
  const isGood =
    parts.every((folder) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(folder)) &&
    /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|fuzz|config))?\.ts$/.test(name)
  return isGood ? [] : [finding(file, 0, 'names', 'a path is kebab-case')]
}

/** `x`, or `x.y`, when the node reads that from the global scope as far as the syntax shows. */
function globalName(node: SyntaxNode, ancestry: Ancestry): string | undefined {
  if (node.type === 'MemberExpression') {
    const object = childNode(node, 'object')
    const member = textField(childNode(node, 'property'), node.computed === true ? 'value' : 'name')
    const owner = object?.type === 'Identifier' ? textField(object, 'name') : undefined
    return owner === 'globalThis' ? member : `${owner}.${member}`
  }
  if (node.type !== 'Identifier') return undefined
  const parent = ancestry.at(-2)
  const isMember = parent?.type === 'MemberExpression' && parent.property === node && parent.computed !== true
  const isKey = parent !== undefined && parent.key === node && parent.computed !== true && parent.shorthand !== true
  const isType = parent?.type.startsWith('TS') === true && !VALUE_TYPES.has(parent.type)
  return isMember || isKey || isType ? undefined : textField(node, 'name')
}

/** TypeScript's nodes that wrap a value. */
const VALUE_TYPES = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSTypeAssertion'])
