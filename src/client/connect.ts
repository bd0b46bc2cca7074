import { SluiceError } from '../util/errors.ts'
import { Client } from './client.ts'
import { Dispatcher } from './dispatcher.ts'
import { type ClientOptions, settingsOf } from './options.ts'

/**
 * Connects to a Sluice server or cluster: asks one of the addresses for the topology, then opens one connection to
 * every shard thread of every node, or to every node (see `via`).
 *
 * ```ts
 * const client = await connect('127.0.0.1:7000')
 * const other = await connect(['10.0.0.1:7000', '10.0.0.2:7000'], { connectTimeoutMs: 1_000 })
 * ```
 *
 * @param addresses `host:port` of any shard thread of any node (`[::1]:7000` for IPv6); several are tried in turn.
 * @throws SluiceError INVALID_ARGUMENT for an option outside its limits or an address that is none; CONNECT_FAILED when
 *   no address answers, a shard thread cannot be reached, or `connectTimeoutMs` passes; REFUSED when a server refuses
 *   the client; PROTOCOL when something else than Sluice answers.
 */
export async function connect(addresses: string | readonly string[], options: ClientOptions = {}): Promise<Client> {
  const list = typeof addresses === 'string' ? [addresses] : addresses
  if (list.length === 0) throw new SluiceError('INVALID_ARGUMENT', 'there is no address to connect to')
  return new Client(await Dispatcher.connect(list, settingsOf(options), options.signal))
}
