// Linearizability by its definition: every order of the operations that respects time is tried, with every choice of the
// operations of unknown outcome and of records that vanish. Written apart from the checkers, with plain objects, for
// histories of some operations. The rules of a record are stated once more, so that a wrong one is found too.

import {
  ADD,
  COMPARE_AND_SET,
  DELETE,
  DONE,
  EXPIRE,
  INCREMENT,
  READ,
  UNKNOWN,
  WIPE,
  WRITE,
} from '../../src/verify/format.ts'
import type { PlainOperation } from './history-text.ts'

interface State {
  readonly value: number
  /** 0: nobody was told. */
  readonly version: number
  readonly mortal: boolean
}

/** Whether some order explains every reply. */
export function isLinearizable(operations: readonly PlainOperation[], evicts: boolean): boolean {
  const counted = operations.filter(({ status, kind }) => status !== 0 && !(status === UNKNOWN && kind === READ))
  return canFinish(counted, undefined, evicts)
}

function canFinish(left: readonly PlainOperation[], state: State | undefined, evicts: boolean): boolean {
  if (left.every(({ status }) => status === UNKNOWN)) return true
  return left.some((operation, index) => {
    if (left.some((other) => other.to < operation.from)) return false
    const rest = left.filter((_, at) => at !== index)
    const starts = state !== undefined && (state.mortal || evicts) ? [state, undefined] : [state]
    return starts.some((start) =>
      outcomes(operation, start).some((next) => canFinish(rest, next === 'none' ? undefined : next, evicts)),
    )
  })
}

/** The states in which the operation with its reply may leave a record. */
function outcomes(operation: PlainOperation, state: State | undefined): (State | 'none')[] {
  const { kind, status, value = 0, version = 0, argument = 0, mortal = false } = operation
  const isDone = status === DONE
  const isUnknown = status === UNKNOWN
  const unchanged = state ?? 'none'
  const written: State = { value, version, mortal }
  const agrees = state !== undefined && (version === 0 || state.version === 0 || state.version === version)
  const seen = (): (State | 'none')[] => (agrees ? [{ ...state, version: state.version || version }] : [])
  switch (kind) {
    case READ:
      if (!isDone) return state === undefined ? ['none'] : []
      return state?.value === value ? seen() : []
    case WRITE:
      return [written]
    case WIPE:
      return ['none']
    case DELETE:
      if (isUnknown) return ['none']
      return (state !== undefined) === isDone ? ['none'] : []
    case ADD:
      if (isDone) return state === undefined ? [written] : []
      if (isUnknown) return state === undefined ? [written] : [unchanged]
      return seen()
    case COMPARE_AND_SET: {
      const canMatch = state !== undefined && (state.version === argument || state.version === 0)
      if (isDone) return canMatch ? [written] : []
      if (isUnknown) return canMatch ? [written, unchanged] : [unchanged]
      return state === undefined || state.version !== argument ? [unchanged] : []
    }
    case INCREMENT: {
      if (!isDone && !isUnknown) return state === undefined ? [] : [unchanged]
      const sum = (state?.value ?? 0) + argument
      const next = { value: sum, version, mortal: mortal || state?.mortal === true }
      return isUnknown || sum === value ? [next] : []
    }
    case EXPIRE:
      if (isUnknown) return state === undefined ? ['none'] : [{ ...state, version, mortal }]
      if (!isDone) return state === undefined ? ['none'] : []
      return state === undefined ? [] : [{ ...state, version, mortal }]
    default:
      throw new Error(`no kind ${kind}`)
  }
}
