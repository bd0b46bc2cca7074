// The named limits inside the engine, read from its source: `assembly/` is not TypeScript, and tests must not repeat
// them.

import { readFileSync } from 'node:fs'

const FOLDER = new URL('../../src/engine/assembly/', import.meta.url)

/** The value of a constant that is written as a number. */
export function assemblyConstant(file: string, name: string): number {
  const source = readFileSync(new URL(file, FOLDER), 'utf8')
  const value = new RegExp(`const ${name}(?:: \\w+)? = ([\\d_]+)$`, 'm').exec(source)?.[1]
  if (value === undefined) throw new Error(`${file} has no number ${name}`)
  return Number(value.replaceAll('_', ''))
}
