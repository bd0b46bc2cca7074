import { describe, expect, it } from 'vitest'
import type { GivenPredictOptions } from './predict-options.ts'
import { resolvePredictOptions } from './resolve-options.ts'

describe('options', () => {
  it('are those of the reference and of the measured workload when nothing is given', () => {
    expect(resolvePredictOptions({})).toMatchObject({
      sizes: [
        { servers: 2, clients: 2 },
        { servers: 2, clients: 4 },
        { servers: 2, clients: 6 },
        { servers: 4, clients: 2 },
        { servers: 4, clients: 4 },
      ],
      workload: { records: 1_000_000, theta: 0.99, readShare: 0.95, valueBytes: 128 },
      batch: 8_192,
      window: 2,
      speed: 1,
      server: { cores: 8, threads: 7 },
      client: { cores: 8, threads: 7 },
      network: { gbitsPerSecond: 10, mtuBytes: 1_500, packetOverheadBytes: 90, roundTripUs: 100 },
    })
  })

  it('make processes of one thread on shared cores', () => {
    const { server, client } = resolvePredictOptions({ sharedCores: 2 })
    expect([server, client]).toEqual([
      { cores: 1, threads: 1 },
      { cores: 1, threads: 1 },
    ])
  })

  it('use whole cores, one at least', () => {
    expect(resolvePredictOptions({ serverCores: 16, serverShare: 0.9 }).server.threads).toBe(14)
    expect(resolvePredictOptions({ serverCores: 1, serverShare: 0.1 }).server.threads).toBe(1)
  })

  it('combine each number of servers with each of clients', () => {
    expect(resolvePredictOptions({ servers: [1, 1], clients: [2, 2] }).sizes).toEqual([{ servers: 1, clients: 2 }])
    expect(resolvePredictOptions({ servers: [1, 8], clients: [2, 3] }).sizes).toEqual([
      { servers: 1, clients: 2 },
      { servers: 1, clients: 3 },
      { servers: 8, clients: 2 },
      { servers: 8, clients: 3 },
    ])
  })

  it('say when costs were replaced', () => {
    expect(resolvePredictOptions({ serverNs: 50 }).costs.source).toContain('in part as given')
  })

  const refused: readonly (readonly [GivenPredictOptions, string])[] = [
    [{ servers: [0], clients: [1] }, '--servers'],
    [{ servers: [1], clients: [0] }, '--clients'],
    [{ servers: [1.5], clients: [1] }, '--servers'],
    [{ servers: [1_024], clients: [1], serverCores: 200 }, '--servers'],
    [{ servers: [1] }, '--servers and --clients'],
    [{ clients: [1] }, '--servers and --clients'],
    [{ serverCores: 0 }, '--server-cores'],
    [{ clientCores: 5_000 }, '--client-cores'],
    [{ serverShare: 0 }, '--server-share'],
    [{ clientShare: 1.1 }, '--client-share'],
    [{ sharedCores: 0 }, '--shared-cores'],
    [{ speed: 0 }, '--speed'],
    [{ speed: Number.NaN }, '--speed'],
    [{ gbits: 0 }, '--gbits'],
    [{ mtu: 100 }, '--mtu'],
    [{ packetOverhead: 1_000 }, '--packet-overhead'],
    [{ batch: 0 }, '--batch'],
    [{ batch: 100, frameOps: 100 }, '--batch and --frame-ops'],
    [{ frameOps: 0 }, '--frame-ops'],
    [{ window: 0 }, '--window'],
    [{ records: 0 }, '--records'],
    [{ theta: 1 }, '--theta'],
    [{ readShare: 1.5 }, '--read-share'],
    [{ valueBytes: 100_000_000 }, '--value-bytes'],
    [{ serverNs: 0 }, '--server-ns'],
    [{ clientNs: 0 }, '--client-ns'],
    [{ serverFrameNs: 1e12 }, '--server-frame-ns'],
    [{ requestBytes: 0 }, '--request-bytes'],
    [{ replyBytes: 0 }, '--reply-bytes'],
    // A frame that costs more than its operations did when they were measured.
    [{ serverFrameNs: 1e6 }, '--server-ns'],
  ]
  it.each(refused)('%j is refused by the name of %s', (given, name) => {
    expect(() => resolvePredictOptions(given)).toThrow(name)
  })
})
