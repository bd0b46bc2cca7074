import { createHistogram } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { createTally } from '../load/checker.ts'
import type { PhaseTotals } from '../load/client-threads.ts'
import { resolveBenchOptions } from './options.ts'
import { type PhasedClients, type PhaseMeasurements, runPhases } from './phases.ts'

const OPERATIONS_PER_SECOND = 1_000_000

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Clients that let a manual clock run through each phase. */
class FakeClients implements PhasedClients {
  checked = 0
  mismatches = 0
  /** Mismatches of the load. */
  loadMismatches = 0
  readonly calls: string[] = []
  readonly #clock: ManualClock
  #isStopped = false
  /** Called at the start of each second. */
  onSecond = (): void => {}

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  load(records: number): Promise<PhaseTotals> {
    this.calls.push(`load ${records}`)
    this.mismatches = this.loadMismatches
    return this.#pass(records / OPERATIONS_PER_SECOND, this.loadMismatches)
  }

  run(seconds: number): Promise<PhaseTotals> {
    this.calls.push(`run ${seconds}`)
    return this.#pass(seconds, 0)
  }

  stop(): void {
    this.calls.push('stop')
    this.#isStopped = true
  }

  async #pass(seconds: number, mismatches: number): Promise<PhaseTotals> {
    const tally = { ...createTally(), mismatches }
    this.#isStopped = false
    let elapsedMs = 0
    await turn()
    while (elapsedMs < seconds * 1_000 && !this.#isStopped) {
      this.onSecond()
      const stepMs = Math.min(1_000, seconds * 1_000 - elapsedMs)
      elapsedMs += stepMs
      tally.checked += (stepMs / 1_000) * OPERATIONS_PER_SECOND
      this.checked += (stepMs / 1_000) * OPERATIONS_PER_SECOND
      this.#clock.advance(stepMs)
      await turn()
    }
    return { tally, elapsedMs, cpuNs: 0, latency: createHistogram() }
  }
}

interface Setup {
  readonly clients: FakeClients
  readonly control: { onStats(): void }
  readonly output: OutputRecorder
  readonly interrupt: AbortController
  run(): Promise<PhaseMeasurements>
}

function setUp(liveIntervalMs: number): Setup {
  const clock = new ManualClock()
  const clients = new FakeClients(clock)
  const output = new OutputRecorder(liveIntervalMs)
  const interrupt = new AbortController()
  const thread = { frames: 0, bytesIn: 0, bytesOut: 0, threadCpuNs: 0 }
  const control = {
    onStats: (): void => {},
    async stats() {
      this.onStats()
      return [{ ...thread, operations: clients.checked }]
    },
  }
  const options = resolveBenchOptions({ records: 3_000_000, seconds: 10 }, 2)
  const run = (): Promise<PhaseMeasurements> =>
    runPhases({ options, clients, control, output, signal: interrupt.signal, clock })
  return { clients, control, output, interrupt, run }
}

describe('the phases', () => {
  it('load, warm up and run, with a reading of the server every second of the run', async () => {
    const { clients, run } = setUp(1_000)
    const measured = await run()
    expect(clients.calls).toEqual(['load 3000000', 'run 2', 'run 10'])
    expect(measured.interruptedIn).toBeNull()
    const operations = measured.readings.map((reading) => (reading.operations - 5_000_000) / OPERATIONS_PER_SECOND)
    expect(operations[0]).toBe(0)
    expect(operations.at(-1)).toBe(10)
    expect(measured.readings.length).toBeGreaterThanOrEqual(10)
  })

  it('show a live line every second', async () => {
    const { output, run } = setUp(1_000)
    await run()
    expect(output.lines).toEqual([
      '  load      3.0 s  3,000,000 operations',
      '  warm-up   2.0 s  2,000,000 operations',
      '  run      10.0 s  10,000,000 operations',
    ])
    const shown = output.lives.filter((text) => text.startsWith('  run'))
    expect(shown.length).toBeGreaterThanOrEqual(9)
    expect(shown[0]).toMatch(/^ {2}run {7}1 s {2}\d\.\d\d M ops\/s {2}[\d,]+ checked, all right$/)
  })

  it('show one every five seconds where lines pile up', async () => {
    const { output, run } = setUp(5_000)
    await run()
    expect(output.lives.filter((text) => text.startsWith('  run')).length).toBeLessThanOrEqual(2)
    expect(output.lives.filter((text) => text.startsWith('  load'))).toEqual([])
  })

  it('tell of mismatches while they last', async () => {
    const { clients, output, run } = setUp(1_000)
    clients.onSecond = () => {
      clients.mismatches = 1_234
    }
    await run()
    expect(output.lives.at(-1)).toContain('bad(1,234 wrong)')
  })

  it('end after a load that met mismatches', async () => {
    const { clients, run } = setUp(1_000)
    clients.loadMismatches = 3
    const measured = await run()
    expect(clients.calls).toEqual(['load 3000000'])
    expect(measured).toMatchObject({ interruptedIn: null, run: undefined, load: { tally: { mismatches: 3 } } })
  })
})

describe('an interruption', () => {
  it.each([
    { phase: 'load', calls: ['load 3000000', 'stop'] },
    { phase: 'warm-up', calls: ['load 3000000', 'run 2', 'stop'] },
    { phase: 'run', calls: ['load 3000000', 'run 2', 'run 10', 'stop'] },
  ])('in the $phase phase leaves what there is', async ({ phase, calls }) => {
    const { clients, interrupt, run } = setUp(1_000)
    clients.onSecond = () => {
      if (clients.calls.length === calls.length - 1) interrupt.abort()
    }
    const measured = await run()
    expect(clients.calls).toEqual(calls)
    expect(measured.interruptedIn).toBe(phase)
    expect(measured.load?.tally.checked).toBe(phase === 'load' ? 1_000_000 : 3_000_000)
    expect(measured.run?.tally.checked).toBe(phase === 'run' ? 1_000_000 : undefined)
  })

  it('between two phases stops the next one', async () => {
    const { clients, control, interrupt, run } = setUp(1_000)
    // The reading before the run phase comes when the warm-up is over.
    clients.onSecond = () => {
      if (clients.calls.length === 2) control.onStats = () => interrupt.abort()
    }
    const measured = await run()
    expect(measured.interruptedIn).toBe('run')
    expect(measured.run?.tally.checked).toBeLessThanOrEqual(1_000_000)
  })

  it('before the start runs nothing', async () => {
    const { clients, interrupt, run } = setUp(1_000)
    interrupt.abort()
    expect(await run()).toMatchObject({ interruptedIn: 'load', load: undefined })
    expect(clients.calls).toEqual([])
  })
})
