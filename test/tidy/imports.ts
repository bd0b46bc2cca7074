// What a file imports: the edges that the layer, cycle and dead-export rules look at.

import { posix } from 'node:path'
import { childNode, childNodes, type SourceFile, type SyntaxNode, textField, walk } from './source-file.ts'

/** One import, re-export or dynamic import. */
export interface Import {
  readonly specifier: string
  /** The imported file's path from the root; undefined when it is a package or a builtin. */
  readonly target: string | undefined
  readonly isTypeOnly: boolean
  /** Imported names; undefined when all of them may be used. */
  readonly names: readonly string[] | undefined
  readonly position: number
}

/** Every import of a file, in order. */
export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = []
  walk(file, (node) => {
    if (!IMPORTING_TYPES.has(node.type)) return
    const specifier = textField(childNode(node, 'source'), 'value')
    if (specifier === undefined) return
    imports.push({
      specifier,
      target: specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined,
      isTypeOnly: isTypeOnly(node),
      names: importedNames(node),
      position: node.start,
    })
  })
  return imports
}

const IMPORTING_TYPES = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = childNodes(node, 'specifiers')
  return specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type' || each.exportKind === 'type')
}

function importedNames(node: SyntaxNode): string[] | undefined {
  if (node.type !== 'ImportDeclaration' && node.type !== 'ExportNamedDeclaration') return undefined
  const names: string[] = []
  for (const specifier of childNodes(node, 'specifiers')) {
    const field = specifier.type === 'ImportSpecifier' ? 'imported' : 'local'
    if (specifier.type === 'ImportNamespaceSpecifier') return undefined
    names.push(textField(childNode(specifier, field), 'name') ?? 'default')
  }
  return names
}
