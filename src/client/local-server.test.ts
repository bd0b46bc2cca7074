import { expect, it } from 'vitest'
import { createLocalServer } from '../server/local-server.ts'
import { connect } from './connect.ts'

it.each([
  [1, 1],
  [2, 3],
])('calls and batches on a real server of %i threads with %i shards each', async (threads, shardsPerThread) => {
  await using server = createLocalServer({ threads, shardsPerThread })
  await using client = await connect(server.address, { transport: server })
  const batch = client.batch({ withVersions: true })
  for (let index = 0; index < 20_000; index++) batch.set(`key:${index}`, `${index}`.repeat(10))
  for (let index = 0; index < 20_000; index++) batch.get(`key:${index}`)
  const results = await batch.send()
  for (let index = 0; index < 20_000; index++) {
    if (results.string(20_000 + index) !== `${index}`.repeat(10)) expect.fail(`wrong value at ${index}`)
    if (results.version(index) !== results.version(20_000 + index)) expect.fail(`wrong version at ${index}`)
  }
  const values = await Promise.all(Array.from({ length: 1_000 }, (_, index) => client.getString(`key:${index}`)))
  expect(values).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}`.repeat(10)))
  expect(await client.stats()).toHaveLength(threads)
})

it('a batch whose replies pass the limits of one frame comes back whole', async () => {
  await using server = createLocalServer({ memoryBytesMax: 64 * 1024 * 1024 })
  await using client = await connect(server.address, { transport: server })
  const value = new Uint8Array(1024 * 1024).fill(3)
  await Promise.all(Array.from({ length: 8 }, (_, index) => client.set(`k:${index}`, value)))
  const batch = client.batch({ withVersions: true })
  for (let index = 0; index < 80; index++) {
    batch.get(`k:${index % 8}`)
    batch.set(`n:${index % 8}`, `${index}`)
  }
  const results = await batch.send()
  for (let index = 0; index < 80; index++) expect(results.valueBytes(2 * index)).toBe(value.length)
  expect(await client.getString('n:7')).toBe('79')
})

it('a value that the server sent once and two callers asked for belongs to each of them', async () => {
  await using server = createLocalServer()
  await using client = await connect(server.address, { transport: server })
  await client.set('k', 'some value that is worth a back-reference')
  const [one, two] = await Promise.all([client.get('k'), client.get('k')])
  one?.fill(0)
  expect(Buffer.from(two ?? []).toString()).toBe('some value that is worth a back-reference')
})
