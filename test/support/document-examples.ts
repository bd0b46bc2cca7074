// Examples of documents, run as they stand: each block of JavaScript is a program, and what it says that it prints is
// what it prints. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname

/** The examples of a document of the project. */
export function examplesOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8')
  return [...text.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')
}

/** Runs the examples, and expects of each that it prints what it announces. */
export async function expectExamplesRun(examples: readonly string[]): Promise<void> {
  // Inside the package, so that its own name resolves.
  const folder = mkdtempSync(join(ROOT, 'dist', 'examples-'))
  try {
    for (const [index, example] of examples.entries()) {
      const file = join(folder, `example-${index}.js`)
      writeFileSync(file, example)
      const { stdout } = await promisify(execFile)(process.execPath, [file])
      expect(stdout).toBe(announcedOutput(example))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What an example says that it prints: the comments behind its calls of console.log. */
function announcedOutput(example: string): string {
  return [...example.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => `${match[1]}\n`).join('')
}
