// A store over the engine's build with assertions, with time in the test's hands.

import { Store } from '../../src/engine/store.ts'
import { StoreCore } from '../../src/engine/store-core.ts'
import type { StoreOptions } from '../../src/engine/store-options.ts'
import { TEXT_FORM } from '../../src/engine/value-form.ts'
import { checkedModule } from './engine-harness.ts'
import { ManualClock } from './manual-clock.ts'

/** A store, its clock, and the check of its engine's invariants. */
export interface TestStore {
  readonly store: Store
  readonly clock: ManualClock
  checkInvariants(): void
}

/** Opens a store of 16 MiB; the clock stands at 1,000,000 ms. */
export function openTestStore(options: StoreOptions = {}): TestStore {
  const clock = new ManualClock()
  const core = new StoreCore({ maxBytes: 16 * 1024 * 1024, clock, ...options }, checkedModule)
  return { store: new Store(core, TEXT_FORM), clock, checkInvariants: () => core.engine.checkInvariants() }
}

/** The code of the SluiceError that a call throws; fails when it throws none. */
export function codeOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code
    throw error
  }
  throw new Error('the call threw nothing')
}
