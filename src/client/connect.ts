import { parseTargets } from './address.ts'
import { Client } from './client.ts'
import { Dispatcher } from './dispatcher.ts'
import { type ClientOptions, settingsOf } from './options.ts'

/**
 * Connects to a Sluice server or cluster: asks one of the addresses for the topology, then opens one connection to
 * every shard thread of every node, or to every node (see `via`).
 *
 * ```ts
 * const client = await connect('127.0.0.1')
 * const other = await connect('sluices://10.0.0.1,10.0.0.2', { password: 'secret', connectTimeoutMs: 1_000 })
 * ```
 *
 * @param addresses Where any node listens: `host`, `host:port` (`[::1]:7000` for IPv6; default port 7070), or
 *   `sluice://[:password@]host[:port][,host[:port]...]`, with `sluices://` for TLS. Several are tried in turn.
 * @throws SluiceError INVALID_ARGUMENT for an option outside its limits or an address that is none; CONNECT_FAILED when
 *   no address answers, a shard thread cannot be reached, or `connectTimeoutMs` passes; REFUSED when a server refuses
 *   the client; PROTOCOL when something else than Sluice answers.
 */
export async function connect(addresses: string | readonly string[], options: ClientOptions = {}): Promise<Client> {
  const target = parseTargets(addresses)
  const settings = settingsOf(options, target)
  return new Client(await Dispatcher.connect(target.addresses, settings, options.signal))
}
