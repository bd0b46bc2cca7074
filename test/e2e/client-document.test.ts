// The examples of docs/CLIENT.md, run as they stand, and the topology of docs/CLUSTER.md. Needs `npm run build`.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseTopology } from '../../src/cluster/parse-topology.ts'
import { evenTopology } from '../../src/cluster/topology.ts'
import { examplesOf, expectExamplesRun } from '../support/document-examples.ts'
import { serveProcess } from '../support/serve-process.ts'

const EXAMPLES = examplesOf('docs/CLIENT.md')

it('shows examples that print what they say', async () => {
  expect(EXAMPLES).toHaveLength(5)
  await using server = await serveProcess()
  await expectExamplesRun(EXAMPLES.map((example) => example.replace('127.0.0.1:7070', server.address)))
})

it('shows a topology that is one', () => {
  const text = readFileSync(new URL('../../docs/CLUSTER.md', import.meta.url), 'utf8')
  const topology = parseTopology(JSON.parse(/```json topology\n(.*?)```/s.exec(text)?.[1] ?? ''))
  expect(topology).toEqual(evenTopology({ nodes: topology.nodes, shardCount: 4 }))
})
