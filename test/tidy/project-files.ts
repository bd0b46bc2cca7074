// The files of the checkout, without what git ignores.

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The project's root. */
export const ROOT = resolve(import.meta.dirname, '../..')

/** Says of an entry's name whether git ignores it, after a .gitignore of plain names (`name/`, `name`) and `*.ext`. */
export function ignorer(gitignore: string): (name: string, isFolder: boolean) => boolean {
  const patterns = gitignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return (name, isFolder) =>
    name === '.git' ||
    patterns.some((pattern) => {
      if (pattern.endsWith('/')) return isFolder && name === pattern.slice(0, -1)
      return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern
    })
}

/** Names in a folder of the project that git does not ignore, sorted; a folder's name ends in a slash. */
export function entries(folder: string): string[] {
  const isIgnored = ignorer(readFileSync(join(ROOT, '.gitignore'), 'utf8'))
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !isIgnored(entry.name, entry.isDirectory()))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort()
}

/** Paths of all files below a folder, from the root. */
export function filesBelow(folder: string): string[] {
  return entries(folder).flatMap((name) =>
    name.endsWith('/') ? filesBelow(`${folder}/${name.slice(0, -1)}`) : [`${folder}/${name}`],
  )
}

/** A file's text. */
export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
