// The folder of a report. It may be somebody's home as well: only files of an earlier report, which its `report.json`
// lists, are replaced or removed. All files are written under other names first and then renamed, so that a full disk
// costs nothing that was there.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SluiceError } from '../../util/errors.ts'

/** The first fields of `report.json`: by them a report is known. */
export const REPORT_FORMAT = { format: 'sluice-report', formatVersion: 1 } as const

const OWN_NAME = /^(index\.html|report\.md|report\.json|csv\/[a-z0-9-]+\.csv)$/
const MANIFEST = 'report.json'

/** Creates the folder. Throws `INVALID_ARGUMENT` when it cannot be written, or holds a page that is no report's. */
export function prepareFolder(folder: string): void {
  explained(folder, () => {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  })
  requireOwn(folder, ['index.html', 'report.md', MANIFEST], earlierNames(folder))
}

/** Writes files, by their names in the folder, and removes those of an earlier report that are not among them. */
export function replaceFiles(folder: string, files: ReadonlyMap<string, string>): void {
  prepareFolder(folder)
  const earlier = earlierNames(folder)
  requireOwn(folder, files.keys(), earlier)
  explained(folder, () => {
    const staged = new Map<string, string>()
    try {
      for (const [name, text] of files) {
        const path = join(folder, name)
        const stagedPath = `${path}.${process.pid}.part`
        mkdirSync(dirname(path), { recursive: true })
        staged.set(stagedPath, path)
        writeFileSync(stagedPath, text)
      }
      for (const [stagedPath, path] of staged) renameSync(stagedPath, path)
    } finally {
      for (const stagedPath of staged.keys()) rmSync(stagedPath, { force: true })
    }
    for (const name of earlier) if (!files.has(name)) rmSync(join(folder, name), { force: true })
  })
}

/** Names of an earlier report's files; none where there is no report. */
function earlierNames(folder: string): ReadonlySet<string> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))
    const isReport =
      manifest !== null &&
      typeof manifest === 'object' &&
      'format' in manifest &&
      manifest.format === REPORT_FORMAT.format
    const names: unknown[] = isReport && 'files' in manifest && Array.isArray(manifest.files) ? manifest.files : []
    return new Set(names.filter((name) => typeof name === 'string').filter((name) => OWN_NAME.test(name)))
  } catch {
    return new Set()
  }
}

function requireOwn(folder: string, names: Iterable<string>, own: ReadonlySet<string>): void {
  for (const name of names) {
    if (own.has(name) || !existsSync(join(folder, name))) continue
    const message = `the report folder ${folder} holds a file ${name} that is no report's: name another folder`
    throw new SluiceError('INVALID_ARGUMENT', message)
  }
}

function explained(folder: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SluiceError('INVALID_ARGUMENT', `the report folder ${folder} cannot be written: ${reason}`, {
      cause: error,
    })
  }
}
