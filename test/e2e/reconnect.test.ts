// A client over real sockets, whose server goes and comes back.

import { expect, it } from 'vitest'
import { connect } from '../../src/client/connect.ts'

// The types are those of the source; the code is what users run.
const { startServer }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)

const MEMORY_BYTES = 16 * 1024 * 1024

it('calls wait for a server that starts again, on the ports that it has then', async () => {
  const first = await startServer({ threads: 2, memoryBytesMax: MEMORY_BYTES })
  await using client = await connect(first.address, { timeoutMs: 20_000 })
  await client.set('a', '1')
  await first.close()
  const keys = Array.from({ length: 20 }, (_, index) => `k:${index}`)
  const calls = keys.map((key) => client.set(key, key))
  const port = Number(first.address.split(':').at(-1))
  await using second = await startServer({ threads: 2, memoryBytesMax: MEMORY_BYTES, port })
  expect(second.address).toBe(first.address)
  await Promise.all(calls)
  expect(await Promise.all(keys.map((key) => client.getString(key)))).toEqual(keys)
  expect(await client.getString('a')).toBeUndefined()
})
