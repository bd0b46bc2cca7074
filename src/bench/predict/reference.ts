// What others reached with this workload: the table of the reference report, eight cores and 10 Gbit/s a node. It stands
// beside predictions and goes into none.

/** Machines of a cluster. */
export interface ClusterSize {
  readonly servers: number
  readonly clients: number
}

interface ReferenceRow extends ClusterSize {
  readonly opsPerSecond: number
}

const REFERENCE: readonly ReferenceRow[] = [
  { servers: 2, clients: 2, opsPerSecond: 7.25e6 },
  { servers: 2, clients: 4, opsPerSecond: 13.7e6 },
  { servers: 2, clients: 6, opsPerSecond: 14.4e6 },
  { servers: 4, clients: 2, opsPerSecond: 10.28e6 },
  { servers: 4, clients: 4, opsPerSecond: 19.43e6 },
]

/** The best result known for the task, whoever's. */
const BEST_KNOWN: readonly ReferenceRow[] = [{ servers: 4, clients: 4, opsPerSecond: 31.3e6 }]

/** Cores and network of the reference's nodes. */
export const REFERENCE_CORES = 8
export const REFERENCE_GBITS = 10

/** The sizes of the table. */
export const REFERENCE_SIZES: readonly ClusterSize[] = REFERENCE.map(({ servers, clients }) => ({ servers, clients }))

/** The reference's operations per second for a size; null when it has none. */
export function referenceOf(size: ClusterSize): number | null {
  return find(REFERENCE, size)
}

/** As `referenceOf`, for the best that is known. */
export function bestKnownOf(size: ClusterSize): number | null {
  return find(BEST_KNOWN, size)
}

function find(rows: readonly ReferenceRow[], { servers, clients }: ClusterSize): number | null {
  return rows.find((row) => row.servers === servers && row.clients === clients)?.opsPerSecond ?? null
}
