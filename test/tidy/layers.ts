// Which folder may import what. This table is the architecture: a new line in it is a decision, not a formality. The
// AssemblyScript parts are layers of their own, since they are compiled apart from what is around them.

import { type Import, importsOf } from './imports.ts'
import { type Finding, finding, isTest, type SourceFile } from './source-file.ts'

interface Layer {
  /** Folders of src, or single files of them; a folder may always import itself. */
  readonly imports: readonly string[]
  /** Builtin modules, `type node:x` for their types alone. */
  readonly builtins: readonly string[]
  /** npm packages. */
  readonly packages: readonly string[]
}

const PROTOCOL_CONSTANTS = ['protocol/codes.ts', 'protocol/limits.ts']
const ALL_FOLDERS = ['util', 'protocol', 'engine', 'redis', 'cluster', 'client', 'server', 'bench', 'verify']

/** By folder of src. `server` imports `client` for calls between nodes only. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  util: { imports: [], builtins: ['node:crypto', 'type node:net'], packages: [] },
  protocol: { imports: ['util'], builtins: [], packages: [] },
  'engine/assembly': { imports: PROTOCOL_CONSTANTS, builtins: [], packages: [] },
  engine: { imports: ['util', 'protocol', 'engine/assembly/outcomes.ts'], builtins: [], packages: [] },
  redis: { imports: ['engine', 'protocol', 'util'], builtins: [], packages: [] },
  cluster: { imports: ['util'], builtins: [], packages: [] },
  client: { imports: ['protocol', 'cluster', 'util'], builtins: ['node:events', 'node:net', 'node:tls'], packages: [] },
  server: {
    imports: ['engine', 'protocol', 'redis', 'cluster', 'client', 'util'],
    builtins: [
      'node:crypto',
      'node:fs',
      'node:http',
      'node:net',
      'node:os',
      'node:perf_hooks',
      'node:tls',
      'node:worker_threads',
    ],
    packages: ['prom-client'],
  },
  verify: { imports: ['util'], builtins: [], packages: [] },
  'bench/workload/assembly': { imports: [], builtins: [], packages: [] },
  bench: {
    imports: ['client', 'protocol', 'cluster', 'verify', 'engine', 'redis', 'server', 'util'],
    builtins: [
      'node:child_process',
      'node:fs',
      'node:net',
      'node:os',
      'node:path',
      'node:perf_hooks',
      'node:worker_threads',
    ],
    packages: ['echarts'],
  },
  cli: {
    imports: ALL_FOLDERS,
    builtins: ['node:child_process', 'node:fs', 'node:os', 'node:path', 'node:process', 'node:url', 'node:util'],
    packages: ['commander', 'pino', 'zod'],
  },
}

/** The engine with its assertions: for tests, and not in the package. */
const CHECKED_ENGINE = 'src/engine/generated/engine-module-checked.ts'

/** Every import goes down the table, by a relative path that ends in .ts, or to something that the folder may use. */
export function checkLayers(file: SourceFile): Finding[] {
  if (!file.path.startsWith('src/') || isTest(file.path)) return []
  const folder = layerOf(file.path)
  const layer = LAYERS[folder]
  if (layer === undefined) return [finding(file, 0, 'layers', `no layer is declared for src/${folder}`)]
  return importsOf(file).flatMap((each) => {
    const problem = problemOf(each, folder, layer)
    return problem === undefined ? [] : [finding(file, each.position, 'layers', problem)]
  })
}

/** No file imports itself through others. Names one cycle a run: breaking it shows the next. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const checked = new Map(files.filter((file) => !isTest(file.path)).map((file) => [file.path, file]))
  const done = new Set<string>()
  const path: string[] = []
  const cycleFrom = (file: SourceFile): Finding | undefined => {
    if (done.has(file.path)) return undefined
    path.push(file.path)
    for (const { target, position } of importsOf(file)) {
      const next = target === undefined ? undefined : checked.get(target)
      if (next === undefined) continue
      const from = path.indexOf(next.path)
      if (from !== -1) return finding(file, position, 'cycles', [...path.slice(from), next.path].join(' -> '))
      const found = cycleFrom(next)
      if (found !== undefined) return found
    }
    path.pop()
    done.add(file.path)
    return undefined
  }
  for (const file of checked.values()) {
    const found = cycleFrom(file)
    if (found !== undefined) return [found]
  }
  return []
}

function problemOf({ specifier, target, isTypeOnly }: Import, folder: string, layer: Layer): string | undefined {
  if (specifier.startsWith('node:')) {
    const isAllowed = layer.builtins.includes(specifier) || (isTypeOnly && layer.builtins.includes(`type ${specifier}`))
    return isAllowed ? undefined : `src/${folder} may not import ${specifier}`
  }
  if (target === undefined) {
    return layer.packages.includes(specifier) ? undefined : `src/${folder} may not import the package ${specifier}`
  }
  if (!target.endsWith('.ts')) return `the import of ${specifier} does not end in .ts`
  if (!target.startsWith('src/')) return `the import of ${specifier} leaves src`
  if (target === CHECKED_ENGINE) return 'only tests may import the checked engine'
  const targetFolder = layerOf(target)
  const isAllowed =
    targetFolder === folder ||
    layer.imports.includes(targetFolder) ||
    layer.imports.includes(target.slice('src/'.length))
  return isAllowed ? undefined : `src/${folder} may not import ${target}`
}

function layerOf(path: string): string {
  const [, folder = '', below] = path.split('/')
  return below === 'assembly' ? `${folder}/${below}` : folder
}
