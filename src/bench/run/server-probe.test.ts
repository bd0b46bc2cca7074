import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { type CountedClient, noProbe, processProbe, sluiceProbe } from './server-probe.ts'

const THREAD = { thread: 0, operations: 1, frames: 2, bytesIn: 3, bytesOut: 4, threadCpuNs: 5 }
const NOTHING = { cpuNs: undefined, rssBytes: undefined, operations: undefined, frames: undefined }

function clientOf(...threads: readonly Readonly<Record<string, unknown>>[]): CountedClient {
  return { stats: async () => threads }
}

describe('a Sluice server', () => {
  it('is read by the sums of its threads', async () => {
    const probe = await sluiceProbe(clientOf(THREAD, { ...THREAD, operations: 10 }), new ManualClock(77))
    expect(probe.threads).toBe(2)
    expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77, cpuNs: 10, operations: 11, frames: 4 })
  })

  it('on a system that tells no time of threads has none', async () => {
    const probe = await sluiceProbe(clientOf({ ...THREAD, threadCpuNs: 0 }), new ManualClock())
    expect(await probe.read()).toMatchObject({ cpuNs: undefined, operations: 1 })
  })

  it('whose processes are known is read by these', async () => {
    const processes = { usage: () => ({ cpuNs: 1_000, rssBytes: 2_000 }) }
    const probe = await sluiceProbe(clientOf(THREAD), new ManualClock(77), processes)
    expect(await probe.read()).toEqual({ atMs: 77, cpuNs: 1_000, rssBytes: 2_000, operations: 1, frames: 2 })
    const gone = await sluiceProbe(clientOf(THREAD), new ManualClock(77), { usage: () => undefined })
    expect(await gone.read()).toEqual({ ...NOTHING, atMs: 77, cpuNs: 5, operations: 1, frames: 2 })
  })

  it('that does not answer at first is refused', async () => {
    const gone = new Error('gone')
    await expect(sluiceProbe({ stats: () => Promise.reject(gone) }, new ManualClock())).rejects.toBe(gone)
  })

  it('that does not report a counter is refused', async () => {
    const refusal = { code: 'PROTOCOL', message: 'the server reports no frames' }
    const probe = sluiceProbe(clientOf({ ...THREAD, frames: '2' }), new ManualClock())
    await expect(probe).rejects.toMatchObject(refusal)
  })

  it('of which nothing is known any more is no failure', async () => {
    const answers: (() => Promise<readonly Readonly<Record<string, unknown>>[]>)[] = [
      async () => [THREAD],
      () => Promise.reject(new Error('gone')),
      async () => [{ ...THREAD, frames: '2' }],
      async () => [THREAD],
    ]
    const client: CountedClient = { stats: () => answers.shift()?.() ?? Promise.reject(new Error('asked too often')) }
    const probe = await sluiceProbe(client, new ManualClock(77))
    expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77 })
    expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77 })
    expect(await probe.read()).toMatchObject({ operations: 1 })
  })

  it('whose processes outlive its answers is still read by them', async () => {
    const client = { stats: async () => [THREAD] }
    const probe = await sluiceProbe(client, new ManualClock(77), { usage: () => ({ cpuNs: 1, rssBytes: 2 }) })
    client.stats = () => Promise.reject(new Error('gone'))
    expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77, cpuNs: 1, rssBytes: 2 })
  })
})

it('a server of another kind is read by its processes alone', async () => {
  const probe = processProbe(4, new ManualClock(77), { usage: () => ({ cpuNs: 1, rssBytes: 2 }) })
  expect(probe.threads).toBe(4)
  expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77, cpuNs: 1, rssBytes: 2 })
  expect(await processProbe(1, new ManualClock(77), { usage: () => undefined }).read()).toEqual({
    ...NOTHING,
    atMs: 77,
  })
})

it('of no server nothing is known but the time', async () => {
  const probe = noProbe(new ManualClock(77))
  expect(probe.threads).toBe(0)
  expect(await probe.read()).toEqual({ ...NOTHING, atMs: 77 })
})
