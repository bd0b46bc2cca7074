import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { MapDriver } from '../../../test/support/map-driver.ts'
import { type BlockEntry, blockOf, entriesOf, fillBlock } from '../../../test/support/operation-blocks.ts'
import { STATUS_MISSING } from '../../protocol/codes.ts'
import { KIND_READ, KIND_READ_MODIFY_WRITE, KIND_UPDATE } from '../workload/kinds.ts'
import { ValueTable } from '../workload/values.ts'
import { type CheckTally, createTally } from './checker.ts'
import { type Drive, drive } from './drive.ts'
import { Latencies } from './latencies.ts'
import { CLOSED_LOOP, openLoop } from './pace.ts'

const NS_PER_MS = 1e6
/** A percentile is known to this part. */
const PRECISION = 1 / 64
const CAPACITY = 8

const values = new ValueTable({ kind: 'fixed', bytes: 20 })
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const read = (rank: number): BlockEntry => ({ kind: KIND_READ, rank })
const update = (rank: number): BlockEntry => ({ kind: KIND_UPDATE, rank })
const modify = (rank: number): BlockEntry => ({ kind: KIND_READ_MODIFY_WRITE, rank })

interface Rig extends Drive {
  readonly driver: MapDriver
  readonly clock: ManualClock
  readonly tally: CheckTally
  readonly latencies: Latencies
}

/** What it takes to drive these blocks, so many of them at once. All records are there. */
function rigOf(planned: readonly (readonly BlockEntry[])[], window = 1, changes: Partial<Drive> = {}): Rig {
  const driver = new MapDriver(values)
  for (const entries of planned) {
    for (const { rank } of entries) driver.records.set(String(rank), values.value(rank).slice())
  }
  let next = 0
  return {
    values,
    blocks: Array.from({ length: window }, () => blockOf([], CAPACITY)),
    feed: {
      isOver: () => next === planned.length,
      fill(block) {
        const entries = planned[next]
        if (entries === undefined) return false
        next++
        fillBlock(block, entries)
        return true
      },
    },
    pace: CLOSED_LOOP,
    onChecked: () => {},
    ...changes,
    driver,
    clock: new ManualClock(),
    tally: createTally(),
    latencies: new Latencies(),
  }
}

/** Each answer takes so long by the clock. */
function answerAfter({ driver, clock }: Rig, durationMs: number): void {
  driver.answering = async () => clock.advance(durationMs)
}

function expectMs(latencies: Latencies, share: number, kind: number, ms: number): void {
  const measured = (latencies.percentileNs(share, kind) ?? 0) / NS_PER_MS
  expect(measured).toBeGreaterThanOrEqual(ms)
  expect(measured).toBeLessThanOrEqual(ms * (1 + PRECISION))
}

describe('a phase', () => {
  const planned = Array.from({ length: 20 }, (_, at) => [read(3 * at), update(3 * at + 1), read(3 * at + 2)])

  it.each([1, 2, 7])('executes every operation in order, %d blocks under way', async (window) => {
    const rig = rigOf(planned, window)
    let checks = 0
    await drive({ ...rig, onChecked: () => checks++ })
    expect(rig.driver.executed).toEqual(planned)
    expect(rig.tally).toMatchObject({ checked: 60, reads: 40, hits: 40, mismatches: 0 })
    expect(rig.driver.unreleased).toBe(0)
    expect([rig.latencies.count(), rig.latencies.count(KIND_READ), checks]).toEqual([60, 40, 20])
  })

  it('has as many blocks under way as it may', async () => {
    const rig = rigOf(planned, 3)
    let answer = (): void => {}
    const gate = new Promise<void>((resolve) => {
      answer = resolve
    })
    rig.driver.answering = () => gate
    const driven = drive(rig)
    await settled()
    expect(rig.driver.executed).toEqual(planned.slice(0, 3))
    answer()
    await driven
    expect(rig.driver.executed).toEqual(planned)
  })

  it('counts wrong results and goes on', async () => {
    const rig = rigOf(planned)
    rig.driver.change = (results) => results.map((result) => ({ ...result, status: STATUS_MISSING }))
    await drive(rig)
    expect(rig.tally).toMatchObject({ checked: 60, hits: 0, mismatches: 60 })
  })

  it('tells of each block when it is checked', async () => {
    const rig = rigOf(planned)
    const told: number[] = []
    await drive({ ...rig, onChecked: () => told.push(rig.tally.checked) })
    expect(told).toEqual(Array.from({ length: 20 }, (_, at) => 3 * (at + 1)))
  })
})

describe('a read-modify-write', () => {
  const entries = [read(1), modify(22_222), update(3), modify(4), modify(22_222)]

  it('writes only after its read was answered', async () => {
    const rig = rigOf([entries])
    const answers: (() => void)[] = []
    rig.driver.answering = () => new Promise((resolve) => answers.push(resolve))
    const driven = drive(rig)
    await settled()
    expect(rig.driver.executed).toEqual([entries])
    answers[0]?.()
    await settled()
    expect(rig.driver.executed.slice(1)).toEqual([[update(22_222), update(4), update(22_222)]])
    answers[1]?.()
    await driven
    // Each read-modify-write is one operation.
    expect(rig.tally).toMatchObject({ checked: 5, reads: 4, hits: 4, mismatches: 0 })
    expect(rig.driver.unreleased).toBe(0)
  })

  it('writes to the record that it read', async () => {
    const rig = rigOf([[modify(5), modify(666_666)]])
    const stale = new Uint8Array(20)
    const [first, second] = [values.value(5).slice(), values.value(666_666).slice()]
    rig.driver.answering = async (block) => {
      if (entriesOf(block)[0]?.kind !== KIND_READ_MODIFY_WRITE) return
      for (const key of rig.driver.records.keys()) rig.driver.records.set(key, stale)
    }
    await drive(rig)
    expect([...rig.driver.records]).toEqual([
      ['5', first],
      ['666666', second],
    ])
  })

  it('takes the time of both, and is counted once', async () => {
    const rig = rigOf([entries])
    answerAfter(rig, 10)
    await drive(rig)
    expectMs(rig.latencies, 1, KIND_READ, 10)
    expectMs(rig.latencies, 1, KIND_UPDATE, 10)
    expectMs(rig.latencies, 0, KIND_READ_MODIFY_WRITE, 20)
    expectMs(rig.latencies, 1, KIND_READ_MODIFY_WRITE, 20)
    const counts = [KIND_READ, KIND_UPDATE, KIND_READ_MODIFY_WRITE].map((kind) => rig.latencies.count(kind))
    expect(counts).toEqual([1, 1, 3])
  })

  it('alone in its block is done in two halves too', async () => {
    const rig = rigOf([[modify(1)], [modify(2)]])
    answerAfter(rig, 10)
    await drive(rig)
    expect(rig.driver.executed).toEqual([[modify(1)], [update(1)], [modify(2)], [update(2)]])
    expectMs(rig.latencies, 0, KIND_READ_MODIFY_WRITE, 20)
    expect(rig.latencies.count()).toBe(2)
  })
})

describe('latencies', () => {
  const INTERVAL_MS = 10
  const SLOW_MS = 50
  const planned = Array.from({ length: 20 }, (_, rank) => [read(rank)])

  function openRig(): Rig {
    const rig = rigOf(planned)
    const turn = async (): Promise<void> => rig.clock.advance(0.5)
    const pace = openLoop(rig.clock.monotonicMs(), INTERVAL_MS, rig.clock, turn)
    return { ...rig, pace }
  }

  it('of a closed loop count from the real start, however slow the answers are', async () => {
    const rig = rigOf(planned)
    answerAfter(rig, SLOW_MS)
    await drive(rig)
    for (const share of [0, 0.5, 1]) expectMs(rig.latencies, share, KIND_READ, SLOW_MS)
  })

  it('of an open loop count from the intended start: what waits for slow answers is not left out', async () => {
    const rig = openRig()
    answerAfter(rig, SLOW_MS)
    await drive(rig)
    expectMs(rig.latencies, 0, KIND_READ, SLOW_MS)
    // The last one is started 19 intervals after the first, and answered after 20 slow answers.
    expectMs(rig.latencies, 1, KIND_READ, 20 * SLOW_MS - 19 * INTERVAL_MS)
  })

  it('of an open loop that keeps up are those of the answers, and starts follow the clock', async () => {
    const rig = openRig()
    const starts: number[] = []
    const startMs = rig.clock.monotonicMs()
    rig.driver.answering = async () => {
      starts.push(rig.clock.monotonicMs() - startMs)
      rig.clock.advance(4)
    }
    let isDone = false
    const driven = drive(rig).then(() => {
      isDone = true
    })
    // The timer of each wait.
    while (!isDone) {
      rig.clock.advance(rig.clock.timerCount > 0 ? 0.5 : 0)
      await settled()
    }
    await driven
    expect(starts).toEqual(planned.map((_, at) => at * INTERVAL_MS))
    for (const share of [0, 1]) expectMs(rig.latencies, share, KIND_READ, 4)
  })
})

describe('a block that is not executed', () => {
  const planned = Array.from({ length: 9 }, (_, rank) => [read(rank)])
  const lost = new Error('the server is gone')

  it('ends the phase: no other one starts, and those under way are over', async () => {
    const rig = rigOf(planned, 3)
    const answers: ((error?: Error) => void)[] = []
    rig.driver.answering = () =>
      new Promise((resolve, reject) => answers.push((error) => (error === undefined ? resolve() : reject(error))))
    let isOver = false
    const driven = drive(rig).finally(() => {
      isOver = true
    })
    driven.catch(() => {})
    await settled()
    answers[1]?.(lost)
    await settled()
    expect(isOver).toBe(false)
    answers[0]?.()
    answers[2]?.()
    await expect(driven).rejects.toBe(lost)
    expect(rig.driver.executed).toEqual(planned.slice(0, 3))
    expect(rig.tally).toMatchObject({ checked: 2, mismatches: 0 })
  })

  it('ends the phase also while others wait for their start', async () => {
    const rig = rigOf(planned, 2)
    const pace = openLoop(rig.clock.monotonicMs(), 3_600_000, rig.clock, settled)
    rig.driver.answering = () => Promise.reject(lost)
    const driven = drive({ ...rig, pace })
    driven.catch(() => {})
    await settled()
    rig.clock.advance(1_000)
    await expect(driven).rejects.toBe(lost)
    expect(rig.driver.executed).toEqual(planned.slice(0, 1))
  })
})
