import { describe, expect, it } from 'vitest'
import { FakeLoadClients } from '../../../test/support/fake-load-clients.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { resolveWorkload } from '../workload/resolve-workload.ts'
import { type BenchPhase, type PhaseRecord, type PhasesOutcome, runPhases, warmUpSeconds } from './phases.ts'
import type { ServerProbe } from './server-probe.ts'

const RECORDS = 3_000_000
const LOAD = `load 0 to ${RECORDS}`
const WARM_UP = 'run 2'
const RUN = 'run 10'
const VERIFY = `verify 0 to ${RECORDS}`

interface Setup {
  readonly clients: FakeLoadClients
  readonly output: OutputRecorder
  readonly interrupt: AbortController
  /** Called before each reading of the server. */
  onRead: () => void
  run(): Promise<PhasesOutcome>
}

function setUp(liveIntervalMs = 1_000, hasBar = false): Setup {
  const clock = new ManualClock()
  const clients = new FakeLoadClients(clock)
  const output = new OutputRecorder(liveIntervalMs, hasBar)
  const interrupt = new AbortController()
  const probe: ServerProbe = {
    threads: 1,
    async read() {
      setup.onRead()
      const operations = clients.sums().checked
      const atMs = clock.monotonicMs()
      return { atMs, cpuNs: operations * 80, rssBytes: 1, operations, frames: operations / 100 }
    },
  }
  const options = { workload: resolveWorkload({ records: RECORDS }), seconds: 10 }
  const run = (): Promise<PhasesOutcome> =>
    runPhases({ options, clients, probe, output, signal: interrupt.signal, clock })
  const setup: Setup = { clients, output, interrupt, onRead: () => {}, run }
  return setup
}

const namesOf = ({ phases }: PhasesOutcome): BenchPhase[] => phases.map(({ name }) => name)

function phaseOf({ phases }: PhasesOutcome, name: BenchPhase): PhaseRecord {
  const phase = phases.find((each) => each.name === name)
  if (phase === undefined) throw new Error(`there was no ${name} phase`)
  return phase
}

describe('the phases', () => {
  it('load, warm up, run and verify', async () => {
    const { clients, run } = setUp()
    const outcome = await run()
    expect(clients.calls).toEqual([LOAD, WARM_UP, RUN, VERIFY])
    expect(namesOf(outcome)).toEqual(['load', 'warm-up', 'run', 'verify'])
    expect(outcome).toMatchObject({ interruptedIn: null, failure: null })
    expect(outcome.phases.map(({ totals }) => totals.tally.checked)).toEqual([RECORDS, 2_000_000, 10_000_000, RECORDS])
  })

  it('are sampled every second, each from its own start', async () => {
    const { run } = setUp()
    const outcome = await run()
    const { samples, stretch } = phaseOf(outcome, 'run')
    expect(samples.length).toBeGreaterThanOrEqual(10)
    expect(samples.reduce((sum, { operations }) => sum + operations, 0)).toBe(10_000_000)
    expect(samples.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)).toBeCloseTo(10, 9)
    expect(samples.at(-1)?.second).toBe(10)
    expect(stretch.sums).toMatchObject({ checked: 10_000_000, mismatches: 0, bytesSent: 120_000_000 })
    expect(stretch.sums.latencies.count()).toBe(10_000_000)
    expect((stretch.last.operations ?? 0) - (stretch.first.operations ?? 0)).toBe(10_000_000)
  })

  it('measure the processor time of this process', async () => {
    const { run } = setUp()
    for (const { processCpuNs } of (await run()).phases) expect(processCpuNs).toBeGreaterThanOrEqual(0)
  })

  it('end after a load that met mismatches', async () => {
    const { clients, run } = setUp()
    clients.mismatchesPerSecond = 1
    const outcome = await run()
    expect(clients.calls).toEqual([LOAD])
    expect(outcome).toMatchObject({ interruptedIn: null, failure: null })
    expect(phaseOf(outcome, 'load').totals.tally.mismatches).toBe(3)
  })

  it('go on after mismatches of the run: the verification tells more', async () => {
    const { clients, run } = setUp()
    clients.onSecond = (call) => {
      clients.mismatchesPerSecond = call === RUN ? 2 : 0
    }
    const outcome = await run()
    expect(namesOf(outcome).at(-1)).toBe('verify')
    expect(phaseOf(outcome, 'run').totals.tally.mismatches).toBe(20)
  })

  it.each([
    [1, 0.3],
    [2, 0.4],
    [10, 2],
    [86_400, 2],
  ])('of %d seconds warm up for %d', (seconds, expected) => {
    expect(warmUpSeconds(seconds)).toBeCloseTo(expected, 9)
  })
})

describe('what is shown', () => {
  const livesOf = (output: OutputRecorder, name: string): string[] =>
    output.lives.filter((text) => text.startsWith(`  ${name}`))

  it('is a live line every second, and one that stays of each phase', async () => {
    const { output, run } = setUp()
    await run()
    expect(output.lines).toEqual([
      '  load       3.0 s  3,000,000 operations, 1.00 M ops/s',
      '  warm-up    2.0 s  2,000,000 operations, 1.00 M ops/s',
      '  run       10.0 s  10,000,000 operations, 1.00 M ops/s',
      '  verify     3.0 s  3,000,000 operations, 1.00 M ops/s',
    ])
    expect(livesOf(output, 'run').length).toBeGreaterThanOrEqual(9)
    expect(livesOf(output, 'run')[1]).toBe(
      '  run      20%  2.0 s, 8.0 left  1.00 M ops/s (mean 1.00 M ops/s)  87 MB/s  p50 2.02 p99 2.02 ms  server 0.08 cores' +
        '  2,000,000 checked, all right',
    )
  })

  it('is how much of each phase is done', async () => {
    const { output, run } = setUp(1_000, true)
    await run()
    const shares = ['load', 'warm-up', 'run', 'verify'].map(
      (name) => /\]( +\d+%)/.exec(livesOf(output, name)[0] ?? '')?.[1],
    )
    expect(shares).toEqual(['  33%', '  50%', '  10%', '  33%'])
  })

  it('is a line every five seconds where lines pile up', async () => {
    const { output, run } = setUp(5_000)
    await run()
    expect(livesOf(output, 'run')).toHaveLength(2)
    expect(livesOf(output, 'load')).toEqual([])
  })

  it('are mismatches while they last', async () => {
    const { clients, output, run } = setUp()
    clients.mismatchesPerSecond = 617
    await run()
    expect(livesOf(output, 'load')[1]).toContain('bad(1,234 wrong)')
  })
})

const STEPS = [
  { phase: 'load', call: LOAD, checked: 1_000_000 },
  { phase: 'warm-up', call: WARM_UP, checked: 1_000_000 },
  { phase: 'run', call: RUN, checked: 1_000_000 },
  { phase: 'verify', call: VERIFY, checked: 1_000_000 },
] as const
const CALLS = STEPS.map(({ call }) => call)
const NAMES = STEPS.map(({ phase }) => phase)

describe('an interruption', () => {
  it.each(STEPS)('in the $phase phase leaves what there is', async ({ phase, call, checked }) => {
    const { clients, interrupt, run } = setUp()
    clients.onSecond = (current) => {
      if (current === call) interrupt.abort()
    }
    const outcome = await run()
    const place = CALLS.indexOf(call)
    expect(clients.calls).toEqual([...CALLS.slice(0, place + 1), 'stop'])
    expect(outcome).toMatchObject({ interruptedIn: phase, failure: null })
    expect(namesOf(outcome)).toEqual(NAMES.slice(0, place + 1))
    expect(phaseOf(outcome, phase).totals.tally.checked).toBe(checked)
  })

  it('between two phases stops the next one', async () => {
    const setup = setUp()
    const { clients, interrupt, run } = setup
    // The last reading of the warm-up comes after its last second.
    clients.onSecond = (call) => {
      if (call === WARM_UP) setup.onRead = () => clients.calls.length === 2 && interrupt.abort()
    }
    const outcome = await run()
    expect(['warm-up', 'run']).toContain(outcome.interruptedIn)
    expect(clients.calls).not.toContain(VERIFY)
    expect(clients.calls.at(-1)).toBe('stop')
  })

  it('before the start stops the first phase at once', async () => {
    const { clients, interrupt, run } = setUp()
    interrupt.abort()
    const outcome = await run()
    expect(clients.calls).toEqual([LOAD, 'stop'])
    expect(outcome).toMatchObject({ interruptedIn: 'load', failure: null })
  })

  it('that comes with a failure is the reason', async () => {
    const { clients, interrupt, run } = setUp()
    clients.onSecond = () => {
      interrupt.abort()
      clients.failure = 'the server is gone'
    }
    expect(await run()).toMatchObject({ interruptedIn: 'load', failure: null })
  })
})

describe('a failure', () => {
  it.each(STEPS)('in the $phase phase keeps that and the phases before', async ({ phase, call, checked }) => {
    const { clients, run } = setUp()
    clients.onSecond = (current) => {
      if (current === call) clients.failure = 'the server is gone'
    }
    const outcome = await run()
    const place = CALLS.indexOf(call)
    expect(clients.calls).toEqual(CALLS.slice(0, place + 1))
    expect(outcome).toMatchObject({ interruptedIn: null, failure: 'the server is gone' })
    expect(namesOf(outcome)).toEqual(NAMES.slice(0, place + 1))
    expect(phaseOf(outcome, phase).totals.tally.checked).toBe(checked)
  })

  it('of a client that reports nothing keeps what was counted', async () => {
    const { clients, run, output } = setUp()
    let seconds = 0
    clients.onSecond = (call) => {
      if (call === RUN && ++seconds === 4) throw new Error('a client thread ended unexpectedly')
    }
    const outcome = await run()
    expect(outcome).toMatchObject({ interruptedIn: null, failure: 'a client thread ended unexpectedly' })
    expect(namesOf(outcome)).toEqual(['load', 'warm-up', 'run'])
    const { totals, stretch } = phaseOf(outcome, 'run')
    expect(totals).toMatchObject({ tally: { checked: 3_000_000, mismatches: 0 }, elapsedMs: 3_000 })
    expect(stretch.sums.checked).toBe(3_000_000)
    expect(output.lines.at(-1)).toBe('  run        3.0 s  3,000,000 operations, 1.00 M ops/s')
  })
})
