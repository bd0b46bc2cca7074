// The project against its own rules. `tidy/samples.test.ts` shows that each rule can fail.

import { expect, it } from 'vitest'
import { checkDeadExports } from './tidy/dead-exports.ts'
import {
  checkCasts,
  checkGlobals,
  checkLooseEnds,
  checkNamedExports,
  checkNames,
  checkTypeHoles,
} from './tidy/language.ts'
import { checkCycles, checkLayers } from './tidy/layers.ts'
import { entries, filesBelow, readProjectFile } from './tidy/project-files.ts'
import { checkFileSize, checkFunctionSize, checkLineWidth, checkSizeSpread } from './tidy/sizes.ts'
import { type Finding, formatFinding, type SourceFile, sourceFile } from './tidy/source-file.ts'
import { checkArchitecture, checkRoot } from './tidy/tree.ts'

const FILES = ['src', 'test']
  .flatMap(filesBelow)
  .filter((path) => path.endsWith('.ts'))
  .map((path) => sourceFile(path, readProjectFile(path)))

/** What a user of the package can import, what the engine's host can call, and what Node starts. */
const ENTRY_PATHS = [
  ...['client', 'server', 'engine', 'protocol'].map((folder) => `src/${folder}/index.ts`),
  'src/engine/assembly/index.ts',
  'src/bench/workload/assembly/index.ts',
  'src/cli/main.ts',
]

const RULES: Readonly<Record<string, (file: SourceFile) => Finding[]>> = {
  'imports go down the layers': checkLayers,
  'environment, console, clocks and randomness stay in their folders': checkGlobals,
  'files are small': checkFileSize,
  'lines of AssemblyScript are no wider than others': checkLineWidth,
  'functions are short': checkFunctionSize,
  'types have no holes': checkTypeHoles,
  'exports are named': checkNamedExports,
  'nothing is left to do': checkLooseEnds,
  'paths are kebab-case': checkNames,
}

const expectNone = (findings: readonly Finding[]): void => expect(findings.map(formatFinding)).toEqual([])

it.each(Object.entries(RULES))('%s', (_, check) => expectNone(FILES.flatMap(check)))

it('no file imports itself through others', () => expectNone(checkCycles(FILES)))
it('files are small on the whole', () => expectNone(checkSizeSpread(FILES)))
it('casts through unknown are rare', () => expectNone(checkCasts(FILES)))
it('every export is imported somewhere', () => expectNone(checkDeadExports(FILES, ENTRY_PATHS)))
it('the root is taken in at a glance', () => expectNone(checkRoot(entries('.'))))

it('the architecture page is short and names every folder', () => {
  const folders = entries('src').filter((name) => name.endsWith('/'))
  const page = entries('docs').includes('ARCHITECTURE.md') ? readProjectFile('docs/ARCHITECTURE.md') : ''
  expectNone(
    checkArchitecture(
      page,
      folders.map((name) => name.slice(0, -1)),
    ),
  )
})
