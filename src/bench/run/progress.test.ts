import { describe, expect, it } from 'vitest'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { type PhaseProgress, phaseLine, progressLine } from './progress.ts'
import type { Sample } from './sampler.ts'

const SAMPLE: Sample = {
  second: 4,
  durationSeconds: 2,
  operations: 5_000_000,
  mismatches: 0,
  bytesSent: 24_000_000,
  bytesReceived: 400_000_000,
  p50Ms: 1.234,
  p99Ms: 5.678,
  serverOperations: 5_000_000,
  serverCores: 1.5,
  serverRssBytes: null,
}

const PROGRESS: PhaseProgress = {
  name: 'run',
  share: 0.4,
  elapsedSeconds: 4,
  operations: 8_000_000,
  mismatches: 0,
  sample: SAMPLE,
}

const plain = new OutputRecorder()
const withBar = new OutputRecorder(1_000, true)

describe('the line of a phase', () => {
  it('says all there is to say', () => {
    expect(progressLine(PROGRESS, plain)).toBe(
      '  run      40%  4.0 s, 6.0 left  2.50 M ops/s (mean 2.00 M ops/s)  212 MB/s  p50 1.23 p99 5.68 ms' +
        '  server 1.50 cores  8,000,000 checked, all right',
    )
  })

  it('has a bar where it replaces the one before', () => {
    expect(progressLine(PROGRESS, withBar)).toBe(
      '  run     [######..........]  40%  4.0 s, 6.0 left  2.50 M ops/s (mean 2.00 M ops/s)  212 MB/s' +
        '  p50 1.23 p99 5.68 ms  server 1.50 cores  8,000,000 checked, all right',
    )
  })

  it.each([
    [0, '[................]   0%'],
    [0.03, '[................]   3%'],
    [0.999, '[################]  99%'],
    [1, '[################] 100%'],
    // Ticks are late: what is over is done.
    [1.2, '[################] 100%'],
    [-0.1, '[................]   0%'],
  ])('at %d shows %s', (share, text) => {
    expect(progressLine({ ...PROGRESS, share }, withBar)).toContain(`  run     ${text}  4.0 s`)
  })

  it('guesses the time that is left once there is something to go by', () => {
    expect(progressLine({ ...PROGRESS, share: 0 }, plain)).toContain('  0%  4.0 s  2.50 M')
    expect(progressLine({ ...PROGRESS, share: 0.01 }, plain)).toContain('  1%  4.0 s, 396 left  ')
    expect(progressLine({ ...PROGRESS, elapsedSeconds: 100, share: 1 }, plain)).toContain('100%  100 s, 0.0 left')
  })

  it('leaves out what nobody knows', () => {
    const sample = { ...SAMPLE, p50Ms: null, p99Ms: null, serverCores: null }
    expect(progressLine({ ...PROGRESS, sample }, plain)).toBe(
      '  run      40%  4.0 s, 6.0 left  2.50 M ops/s (mean 2.00 M ops/s)  212 MB/s  8,000,000 checked, all right',
    )
  })

  it('tells of mismatches so that nobody misses them', () => {
    expect(progressLine({ ...PROGRESS, mismatches: 1_234 }, plain)).toMatch(/8,000,000 checked, bad\(1,234 wrong\)$/)
  })

  it('of a server that answers no more shows that nothing happens', () => {
    const sample = { ...SAMPLE, operations: 0, bytesSent: 0, bytesReceived: 0 }
    expect(progressLine({ ...PROGRESS, sample }, plain)).toContain('  0 ops/s (mean 2.00 M ops/s)  0 MB/s  ')
  })

  it('lines up with the lines of other phases', () => {
    const columns = ['load', 'warm-up', 'run', 'verify'].map((name) =>
      progressLine({ ...PROGRESS, name }, withBar).indexOf('['),
    )
    expect(new Set(columns).size).toBe(1)
  })
})

describe('the line of a phase that is over', () => {
  it('says how long it took and what was done', () => {
    expect(phaseLine('load', 3, 3_000_000)).toBe('  load       3.0 s  3,000,000 operations, 1.00 M ops/s')
    expect(phaseLine('warm-up', 1.95, 12_345)).toBe('  warm-up    1.9 s  12,345 operations, 6,331 ops/s')
  })

  it('has no rate of nothing', () => {
    expect(phaseLine('run', 0, 0)).toBe('  run        0.0 s  0 operations')
  })
})
