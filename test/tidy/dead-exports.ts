// Exports that nobody imports. A type also counts as used where its own file mentions it again: it is part of what an
// exported signature says.

import { importsOf } from './imports.ts'
import {
  childNode,
  childNodes,
  type Finding,
  finding,
  isTest,
  type SourceFile,
  type SyntaxNode,
  textField,
} from './source-file.ts'

interface Export {
  readonly name: string
  readonly isType: boolean
  readonly position: number
}

/** Every export of a source file is imported somewhere, or the file is a public entry. */
export function checkDeadExports(files: readonly SourceFile[], entryPaths: readonly string[]): Finding[] {
  const usedNames = new Map<string, Set<string>>()
  const usedWhole = new Set(entryPaths)
  for (const file of files) {
    for (const { target, names } of importsOf(file)) {
      if (target === undefined) continue
      if (names === undefined) usedWhole.add(target)
      const used = usedNames.get(target) ?? new Set()
      usedNames.set(target, used)
      for (const name of names ?? []) used.add(name)
    }
  }
  return files
    .filter((file) => file.path.startsWith('src/') && !isTest(file.path) && !usedWhole.has(file.path))
    .flatMap((file) =>
      exportsOf(file)
        .filter(({ name, isType }) => {
          const isUsedHere = isType && mentions(file.text, name) > 1
          return !isUsedHere && usedNames.get(file.path)?.has(name) !== true
        })
        .map(({ name, position }) => finding(file, position, 'dead exports', `nobody imports ${name}`)),
    )
}

function exportsOf(file: SourceFile): Export[] {
  return childNodes(file.program, 'body')
    .filter((node) => node.type === 'ExportNamedDeclaration')
    .flatMap((node) => [...declared(childNode(node, 'declaration')), ...listed(node)])
}

function declared(declaration: SyntaxNode | undefined): Export[] {
  if (declaration === undefined) return []
  const isType = declaration.type === 'TSInterfaceDeclaration' || declaration.type === 'TSTypeAliasDeclaration'
  const declarators =
    declaration.type === 'VariableDeclaration' ? childNodes(declaration, 'declarations') : [declaration]
  return declarators.flatMap((each) => {
    const name = textField(childNode(each, 'id'), 'name')
    return name === undefined ? [] : [{ name, isType, position: each.start }]
  })
}

function listed(node: SyntaxNode): Export[] {
  return childNodes(node, 'specifiers').flatMap((specifier) => {
    const name = textField(childNode(specifier, 'exported'), 'name')
    const isType = node.exportKind === 'type' || specifier.exportKind === 'type'
    return name === undefined ? [] : [{ name, isType, position: specifier.start }]
  })
}

function mentions(text: string, name: string): number {
  return text.split(new RegExp(`\\b${name}\\b`)).length - 1
}
