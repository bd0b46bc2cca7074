import type { Fact } from '../report/model.ts'
import type { BenchEnvironment } from './environment.ts'
import { sizeOf } from './text.ts'

/** The environment as a report names it. */
export function environmentFacts(environment: BenchEnvironment): Fact[] {
  const { cores, cpuModel, memoryBytes, operatingSystem, nodeVersion, commit } = environment
  return [
    { name: 'processor', value: cpuModel, note: `${cores} cores may be used, nothing is pinned` },
    { name: 'memory', value: sizeOf(memoryBytes) },
    { name: 'system', value: operatingSystem },
    { name: 'Node.js', value: nodeVersion },
    { name: 'commit', value: commit },
  ]
}
