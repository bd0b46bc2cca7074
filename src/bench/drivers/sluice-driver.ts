// What all drivers of a Sluice server have in common: a client of the public door, with its bytes counted.

import { type Client, connect } from '../../client/index.ts'
import type { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'
import { CountedTransport, type DriverClientOptions } from './counted-transport.ts'
import type { DrivenResults, Driver } from './driver.ts'

/** A client, and the counts of its bytes. */
export interface CountedClient {
  readonly client: Client
  readonly transport: CountedTransport
}

/**
 * Connects to a server or a cluster.
 * @param addresses Of any nodes.
 * @param options What carries the bytes, TCP by default, and what the nodes ask for.
 */
export async function connectCounted(
  addresses: readonly string[],
  options: DriverClientOptions,
): Promise<CountedClient> {
  const transport = new CountedTransport(options.transport)
  // Waiting for a server that is lost would count as measured time.
  return { client: await connect(addresses, { ...options, transport, whenDisconnected: 'fail' }), transport }
}

/** Drives a server or a cluster in one of the ways in which its client can be used. */
export abstract class SluiceDriver implements Driver {
  protected readonly client: Client
  protected readonly values: ValueTable
  readonly #transport: CountedTransport

  constructor({ client, transport }: CountedClient, values: ValueTable) {
    this.client = client
    this.values = values
    this.#transport = transport
  }

  get bytesSent(): number {
    return this.#transport.bytesSent
  }

  get bytesReceived(): number {
    return this.#transport.bytesReceived
  }

  abstract execute(block: OperationBlock): Promise<DrivenResults>

  close(): Promise<void> {
    return this.client.close()
  }
}
