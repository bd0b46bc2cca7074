// Every tidy rule against samples that it must flag, and against neighbours that it must not: a check that cannot fail
// is worth nothing.

import { describe, expect, it } from 'vitest'
import { checkDeadExports } from './dead-exports.ts'
import { checkCasts, checkGlobals, checkLooseEnds, checkNamedExports, checkNames, checkTypeHoles } from './language.ts'
import { checkCycles, checkLayers } from './layers.ts'
import { ignorer } from './project-files.ts'
import { checkFileSize, checkFunctionSize, checkLineWidth, checkSizeSpread } from './sizes.ts'
import { type Finding, formatFinding, type SourceFile, sourceFile } from './source-file.ts'
import { checkArchitecture, checkRoot } from './tree.ts'

type Check = (file: SourceFile) => Finding[]
type Sample = readonly [path: string, line: string]

/** Tests that a rule flags each bad line where it stands, and none of the good ones. */
function describeRule(
  check: Check,
  samples: { readonly bad: readonly Sample[]; readonly good: readonly Sample[] },
): void {
  const flaggedLines = (path: string, line: string): number[] =>
    check(sourceFile(path, `// a header, é\n${line}\n`)).map((found) => found.line)
  describe(check.name, () => {
    it.each(samples.bad)('flags in %s: %s', (path, line) => expect(flaggedLines(path, line)).toEqual([2]))
    it.each(samples.good)('allows in %s: %s', (path, line) => expect(flaggedLines(path, line)).toEqual([]))
  })
}

const lines = (count: number): string => '//\n'.repeat(count)

describeRule(checkLayers, {
  bad: [
    ['src/protocol/a.ts', "import { x } from '../engine/x.ts'"],
    ['src/protocol/a.ts', "import type { x } from '../engine/x.ts'"],
    ['src/protocol/a.ts', "export { x } from '../engine/x.ts'"],
    ['src/protocol/a.ts', "const x = await import('../engine/x.ts')"],
    ['src/protocol/a.ts', "type X = import('../engine/x.ts').X"],
    ['src/util/a.ts', "import { x } from '../protocol/limits.ts'"],
    ['src/util/a.ts', "import { Socket } from 'node:net'"],
    ['src/engine/a.ts', "import { x } from '../client/client.ts'"],
    ['src/engine/assembly/a.ts', "import { x } from '../../protocol/frame.ts'"],
    ['src/engine/a.ts', "import { x } from './assembly/layout.ts'"],
    ['src/engine/a.ts', "import { x } from './generated/engine-module-checked.ts'"],
    ['src/engine/assembly/a.ts', "import { x } from '../../util/bytes.ts'"],
    ['src/engine/assembly/a.ts', "import { x } from '../options.ts'"],
    ['src/cluster/a.ts', "import { readFileSync } from 'node:fs'"],
    ['src/client/a.ts', "import { pino } from 'pino'"],
    ['src/client/a.ts', "import { x } from '../protocol/frame'"],
    ['src/client/a.ts', "import { x } from '../protocol/frame.js'"],
    ['src/cli/a.ts', "import { x } from '../../test/x.ts'"],
    ['src/cli/a.ts', "import fs from 'fs'"],
  ],
  good: [
    ['src/protocol/a.ts', "import { x } from '../util/bytes.ts'"],
    ['src/protocol/a.ts', "import { x } from './b.ts'"],
    ['src/util/a.ts', "import type { Socket } from 'node:net'"],
    ['src/util/a.ts', "import { type Socket } from 'node:net'"],
    ['src/engine/a.ts', "import { x } from '../protocol/limits.ts'"],
    ['src/engine/a.ts', "import { x } from './generated/engine-module.ts'"],
    ['src/engine/a.test.ts', "import { x } from './generated/engine-module-checked.ts'"],
    ['src/engine/assembly/a.ts', "import { x } from '../../protocol/limits.ts'"],
    ['src/cli/a.ts', "import { Command } from 'commander'"],
    ['src/protocol/a.test.ts', "import { it } from 'vitest'"],
    ['src/protocol/a.ts', "const text = `import { x } from '../engine/x.ts'`"],
  ],
})

it('checkLayers flags a folder that has no layer', () => {
  expect(checkLayers(sourceFile('src/stray/a.ts', ''))).toHaveLength(1)
})

describeRule(checkGlobals, {
  bad: [
    ['src/server/a.ts', 'console.log(1)'],
    ['src/server/a.ts', 'const home = process.env.HOME'],
    ['src/server/a.ts', "const home = process['env']"],
    ['src/server/a.ts', 'const leave = () => process.exit(1)'],
    ['src/cli/a.ts', 'const now = Date.now()'],
    ['src/cli/a.ts', 'const now = new Date()'],
    ['src/cli/a.ts', 'const now = performance.now()'],
    ['src/cli/a.ts', 'const now = process.hrtime.bigint()'],
    ['src/cli/a.ts', 'const drawn = Math.random()'],
    ['src/cli/a.ts', 'const drawn = crypto.randomUUID()'],
    ['src/cli/a.ts', 'const drawn = randomBytes(4)'],
    ['src/cli/a.ts', 'setTimeout(() => {}, 1)'],
    ['src/cli/a.ts', 'const options = { schedule: setTimeout }'],
    ['src/cli/a.ts', 'globalThis.setInterval(() => {}, 1)'],
    ['src/cli/a.ts', 'const later = setTimeout as (task: () => void) => void'],
  ],
  good: [
    ['src/cli/a.ts', 'console.log(process.env.HOME)'],
    ['src/util/a.ts', 'const now = Date.now() + Math.random() + setTimeout(() => {}, 1)'],
    ['src/server/a.ts', 'socket.setTimeout(1)'],
    ['src/server/a.ts', 'const table = { setTimeout: 1, console: 2 }'],
    ['src/server/a.ts', 'const text = "Date.now() and console.log" // Math.random()'],
    ['src/server/a.ts', 'const largest = Math.max(1, 2)'],
    ['src/server/a.test.ts', 'setTimeout(() => {}, 1)'],
  ],
})

describeRule(checkTypeHoles, {
  bad: [
    ['src/server/a.ts', 'const a: any = 1'],
    ['src/server/a.ts', 'const a = b as any'],
    ['src/server/a.test.ts', 'const a: Record<string, any> = {}'],
    ['src/server/a.ts', ['// @ts', 'ignore'].join('-')],
    ['src/server/a.ts', ['/* @ts', 'expect', 'error */'].join('-')],
  ],
  good: [
    ['src/server/a.ts', 'const any: unknown = { any: 1 } // any'],
    ['src/server/a.ts', 'const a = b as number'],
  ],
})

describeRule(checkNamedExports, {
  bad: [
    ['src/server/a.ts', 'export default 1'],
    ['src/server/a.ts', 'export default function named() {}'],
    ['src/server/a.ts', "export * from './b.ts'"],
  ],
  good: [
    ['src/server/a.ts', "export { b } from './b.ts'"],
    ['vitest.config.ts', 'export default {}'],
  ],
})

describeRule(checkLooseEnds, {
  bad: ['TO-DO', 'FIX-ME', 'XX-X'].map((word) => ['src/server/a.ts', `// ${word.replace('-', '')}: later`] as const),
  good: [['src/server/a.ts', 'const mastodons = 1']],
})

describeRule(checkFunctionSize, {
  bad: [
    ['src/server/a.ts', `function long() {\n${lines(69)}}`],
    ['src/server/a.ts', `const long = () => {\n${lines(69)}}`],
    ['src/server/a.ts', `class Long { method(): void {\n${lines(69)}}}`],
    ['src/server/a.ts', `class Long { get x(): number {\n${lines(69)}return 1 }}`],
    ['src/server/a.ts', `const long = { method() {\n${lines(69)}}}`],
    ['src/server/a.ts', `describe('x', () => {\n${lines(69)}})`],
    ['src/engine/assembly/a.ts', `@inline export function long(): void {\n${lines(69)}}`],
    ['src/server/a.test.ts', `it('x', () => {\n${lines(69)}})`],
  ],
  good: [
    ['src/server/a.ts', `function short() {\n${lines(68)}}`],
    ['src/server/a.ts', `class Long {\n${lines(200)}}`],
    ['src/server/a.test.ts', `describe('x', () => {\n${lines(200)}})`],
    ['src/server/a.test.ts', `describe.each([1])('x', () => {\n${lines(200)}})`],
  ],
})

it.each([
  'src/server/Batch.ts',
  'src/server/batch_writer.ts',
  'src/Server/batch.ts',
  'src/server/batch.spec.ts',
  'test/aB.ts',
])('checkNames flags %s', (path) => expect(checkNames(sourceFile(path, ''))).toHaveLength(1))

it.each([
  'src/server/batch-writer.ts',
  'src/util/utf8.test.ts',
  'src/a/b.bench.ts',
  'src/a/b.fuzz.ts',
  'vitest.config.ts',
])('checkNames allows %s', (path) => expect(checkNames(sourceFile(path, ''))).toEqual([]))

it('checkLineWidth flags a wide line of AssemblyScript', () => {
  const text = `// a header\n// ${'x'.repeat(118)}\n`
  expect(checkLineWidth(sourceFile('src/engine/assembly/a.ts', text))).toHaveLength(1)
  expect(checkLineWidth(sourceFile('src/engine/assembly/a.ts', text.replace('x', '')))).toEqual([])
  expect(checkLineWidth(sourceFile('src/engine/a.ts', text))).toEqual([])
})

it('checkFileSize flags a file beyond its limit', () => {
  expect(checkFileSize(sourceFile('src/server/a.ts', lines(501)))).toHaveLength(1)
  expect(checkFileSize(sourceFile('src/server/a.ts', lines(500)))).toEqual([])
})

it('checkSizeSpread flags a large median and a large 90th percentile', () => {
  const spread = (...counts: number[]): string[] =>
    checkSizeSpread(counts.map((count) => sourceFile(`src/server/a${count}.ts`, lines(count)))).map(formatFinding)
  expect(spread(1, 161, 162)).toEqual(['src/server/a161.ts:1 file sizes: the median is 161 lines, at most 160'])
  expect(spread(1, 2, 401)).toEqual(['src/server/a401.ts:1 file sizes: the 90th percentile is 401 lines, at most 400'])
  expect(spread(1, 160, 400)).toEqual([])
})

it('checkCasts flags more than one cast through unknown in 1,000 lines', () => {
  const file = (count: number, path = 'src/server/a.ts'): SourceFile =>
    sourceFile(path, `const a = b as unknown as string\n${lines(count)}`)
  expect(checkCasts([file(998)]).map(({ line }) => line)).toEqual([1])
  expect(checkCasts([file(999)])).toEqual([])
  expect(checkCasts([file(1, 'src/server/a.test.ts')])).toEqual([])
})

it('checkCycles flags a cycle over any number of files, types included', () => {
  const files = (...imports: string[]): SourceFile[] =>
    ['a', 'b', 'c'].map((name, index) => sourceFile(`src/server/${name}.ts`, imports[index] ?? ''))
  const cycle = files("import './b.ts'", "export { c } from './c.ts'", "\nimport type { a } from './a.ts'")
  expect(checkCycles(cycle).map(formatFinding)).toEqual([
    'src/server/c.ts:2 cycles: src/server/a.ts -> src/server/b.ts -> src/server/c.ts -> src/server/a.ts',
  ])
  expect(checkCycles(files("import './a.ts'"))).toHaveLength(1)
  expect(checkCycles(files("import './b.ts'\nimport './c.ts'", "import './c.ts'"))).toEqual([])
})

describe('checkDeadExports', () => {
  const dead = (exporter: string, importer: string): string[] => {
    const files = [sourceFile('src/server/a.ts', exporter), sourceFile('src/server/b.ts', importer)]
    return checkDeadExports(files, ['src/server/b.ts']).map(({ message }) => message)
  }

  it('flags what nobody imports', () => {
    expect(dead('export const x = 1, y = 2', "import { y } from './a.ts'")).toEqual(['nobody imports x'])
    expect(dead('export function f() { f() }', '')).toEqual(['nobody imports f'])
    expect(dead('export class C {}', "import './a.ts'")).toEqual(['nobody imports C'])
    expect(dead('const x = 1\nexport { x as y }', "import { x } from './a.ts'")).toEqual(['nobody imports y'])
    expect(dead('export interface T {}', '')).toEqual(['nobody imports T'])
  })

  it('allows what is imported by name, whole or by re-export, and what an entry exports', () => {
    expect(dead('export const x = 1', "import { x as z } from './a.ts'")).toEqual([])
    expect(dead('export const x = 1', "export { x } from './a.ts'")).toEqual([])
    expect(dead('export const x = 1', "import * as a from './a.ts'")).toEqual([])
    expect(dead('export const x = 1', "const a = await import('./a.ts')")).toEqual([])
    expect(dead('', 'export const x = 1')).toEqual([])
  })

  it('allows a type that its own file mentions in a signature', () => {
    expect(dead('export interface T {}\nexport function f(t: T): void {}', "import { f } from './a.ts'")).toEqual([])
  })
})

it('checkRoot flags a crowded root', () => {
  const names = Array.from({ length: 16 }, (_, index) => `file-${index}`)
  expect(checkRoot(names)).toHaveLength(1)
  expect(checkRoot(names.slice(1))).toEqual([])
})

it('checkArchitecture flags a folder without words and a long page', () => {
  const page = '| `src/util/` | small helpers for all |\n| `src/client` | - |\n'
  expect(checkArchitecture(page, ['util'])).toEqual([])
  expect(checkArchitecture(page, ['client']).map(({ message }) => message)).toEqual([
    'no line says what `src/client` is for',
  ])
  expect(checkArchitecture(page, ['uti'])).toHaveLength(1)
  expect(checkArchitecture('x\n'.repeat(201), [])).toHaveLength(1)
  expect(checkArchitecture('x\n'.repeat(200), [])).toEqual([])
})

it('ignorer follows names, folders and endings', () => {
  const isIgnored = ignorer('# note\ndist/\n*.tgz\nnotes.txt\n')
  expect([isIgnored('dist', true), isIgnored('a.tgz', false), isIgnored('notes.txt', false)]).toEqual([
    true,
    true,
    true,
  ])
  expect([isIgnored('dist', false), isIgnored('tgz', false), isIgnored('src', true)]).toEqual([false, false, false])
  expect(isIgnored('.git', true)).toBe(true)
})
