import { describe, expect, it } from 'vitest'
import { executeSection, openTestEngine } from '../../test/support/engine-harness.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { SlotSet } from '../cluster/slot-set.ts'
import { Maintenance } from './maintenance.ts'
import { OwnedShard } from './owned-shard.ts'

const RECORDS = 20_000
const ALL_SLOTS = SlotSet.of([[0, 16_383]])

function openMaintenance() {
  const clock = new ManualClock()
  const engine = openTestEngine()
  return { clock, engine, maintenance: new Maintenance({ all: [new OwnedShard(0, 1, engine, ALL_SLOTS)] }, clock) }
}

describe('maintenance', () => {
  it('removes expired records while nothing is executed, and rests when none is left', () => {
    const { clock, engine, maintenance } = openMaintenance()
    const expiryMs = clock.nowMs() + 5_000
    const operations = Array.from(
      { length: RECORDS },
      (_, index) => ({ kind: 'set', key: `${index}`, expiryMs }) as const,
    )
    executeSection(engine, [...operations, { kind: 'set', key: 'stays' }], clock.nowMs())
    maintenance.wake()
    clock.advance(4_900)
    expect(engine.stats().records).toBe(RECORDS + 1)
    clock.advance(2_000)
    expect(engine.stats()).toMatchObject({ records: 1, expired: RECORDS })
    expect(clock.timerCount).toBe(0)
    engine.checkInvariants()
  })

  it('gives the memory of cleared records back', () => {
    const { clock, engine, maintenance } = openMaintenance()
    executeSection(
      engine,
      Array.from({ length: RECORDS }, (_, index) => ({ kind: 'set', key: `${index}` }) as const),
    )
    executeSection(engine, [{ kind: 'clear' }])
    expect(engine.stats().cleared).toBeGreaterThan(0)
    maintenance.wake()
    clock.advance(1_000)
    expect(engine.stats().cleared).toBe(0)
    expect(clock.timerCount).toBe(0)
  })

  it('sets no timer without work, and none after it was stopped', () => {
    const { clock, engine, maintenance } = openMaintenance()
    executeSection(engine, [{ kind: 'set', key: 'a' }])
    maintenance.wake()
    expect(clock.timerCount).toBe(0)
    executeSection(engine, [{ kind: 'set', key: 'b', expiryMs: clock.nowMs() + 1_000 }])
    maintenance.wake()
    maintenance.wake()
    expect(clock.timerCount).toBe(1)
    maintenance.stop()
    expect(clock.timerCount).toBe(0)
  })
})
