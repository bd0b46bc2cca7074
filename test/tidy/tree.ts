// The shape of the checkout: a root to take in at a glance, and an architecture page that names every folder.

import type { Finding } from './source-file.ts'

/** Entries of the root that git does not ignore. */
export const ROOT_ENTRIES_MAX = 15
/** Lines of docs/ARCHITECTURE.md. */
export const ARCHITECTURE_LINES_MAX = 200

const ARCHITECTURE = 'docs/ARCHITECTURE.md'

/** The root holds few entries. */
export function checkRoot(entries: readonly string[]): Finding[] {
  if (entries.length <= ROOT_ENTRIES_MAX) return []
  const message = `${entries.length} entries, at most ${ROOT_ENTRIES_MAX}: ${entries.join(' ')}`
  return [{ path: '.', line: 1, rule: 'root', message }]
}

/** The architecture page is short, and has words for every folder of src. */
export function checkArchitecture(page: string, folders: readonly string[]): Finding[] {
  const at = { path: ARCHITECTURE, line: 1, rule: 'architecture' }
  const lines = page.trimEnd().split('\n')
  const findings = folders
    .filter((folder) => !lines.some((line) => hasSentence(line, folder)))
    .map((folder) => ({ ...at, message: `no line says what \`src/${folder}\` is for` }))
  if (lines.length > ARCHITECTURE_LINES_MAX) {
    findings.push({ ...at, message: `${lines.length} lines, at most ${ARCHITECTURE_LINES_MAX}` })
  }
  return findings
}

/** Whether the line names the folder, as `src/x` or `src/x/`, and says at least three words more. */
function hasSentence(line: string, folder: string): boolean {
  const name = new RegExp(`\`src/${folder}/?\``)
  return (
    name.test(line) &&
    line
      .replace(name, '')
      .split(/\s+/)
      .filter((word) => /\w/.test(word)).length >= 3
  )
}
