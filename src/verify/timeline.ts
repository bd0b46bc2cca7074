// Where operations lie in a drawing: one row for what one client did one after the other, and a column for each moment at
// which something began or ended. Columns are moments in order, not lengths of time, so that microseconds beside minutes
// can be seen.

import { WIPE } from './format.ts'
import type { KeyOperations } from './key-operations.ts'

/** An operation in a drawing. */
export interface TimelineBar {
  readonly index: number
  /** Its number in the drawing, from 1. */
  readonly label: number
  readonly row: number
  readonly firstColumn: number
  /** The last column, also of one that never returned. */
  readonly lastColumn: number
  readonly isOpen: boolean
}

/** A drawing of one key. */
export interface Timeline {
  readonly bars: readonly TimelineBar[]
  /** Titles of rows; a client that did several things at once has several rows. */
  readonly rows: readonly string[]
  readonly columns: number
  /** Operations before those drawn. */
  readonly leftOut: number
}

/** More are no drawing any more: the last ones are drawn, where it broke. */
const BARS_MAX = 48

/** Places the operations. */
export function timelineOf(operations: KeyOperations): Timeline {
  const leftOut = Math.max(0, operations.count - BARS_MAX)
  const drawn = Array.from({ length: operations.count - leftOut }, (_, place) => leftOut + place)
  const columns = columnsOf(operations, drawn)
  const rows: string[] = []
  /** Per client, its rows and the column up to which each is taken. */
  const taken = new Map<string, { readonly row: number; lastColumn: number }[]>()
  const bars = drawn.map((index, place) => {
    const title = operations.kinds[index] === WIPE ? 'store' : `client ${operations.clients[index]}`
    const isOpen = operations.returnedNs[index] === Number.POSITIVE_INFINITY
    const firstColumn = columns.get(operations.invokedNs[index] as number) ?? 0
    const lastColumn = columns.get(operations.returnedNs[index] as number) ?? columns.size
    const own = taken.get(title) ?? []
    taken.set(title, own)
    let free = own.find((row) => row.lastColumn < firstColumn)
    if (free === undefined) {
      free = { row: rows.length, lastColumn }
      own.push(free)
      rows.push(title)
    }
    free.lastColumn = lastColumn
    return { index, label: place + 1, row: free.row, firstColumn, lastColumn, isOpen }
  })
  // One column more, in which what never returned goes on.
  return { bars, rows, columns: columns.size + 1, leftOut }
}

/** The number of each moment. */
function columnsOf(operations: KeyOperations, drawn: readonly number[]): Map<number, number> {
  const moments = drawn.flatMap((index) => [
    operations.invokedNs[index] as number,
    operations.returnedNs[index] as number,
  ])
  const finite = moments.filter((moment) => moment !== Number.POSITIVE_INFINITY)
  const sorted = [...new Set(finite)].sort((a, b) => a - b)
  return new Map(sorted.map((moment, column) => [moment, column]))
}
