// Abusers of a server in a process of their own, so that they take no time of the clients that are measured. It says
// when they have begun, and ends when its parent lets go of it.

import { flood, LARGE_KEY, openIdle, portOf, readLarge, sendTooMany, TRICKLE_KEY, trickle } from './abusers.mjs'

/**
 * @typedef {object} AbuseSetup
 * @property {import('../../dist/client/index.js').Topology} topology
 * @property {string[]} kinds of ABUSES
 * @property {number} idle connections
 */

/** @type {AbuseSetup} */
const { topology, kinds, idle } = JSON.parse(process.argv[2] ?? '{}')
const largePort = portOf(topology, LARGE_KEY)
const never = () => false

/** @type {Record<string, () => Promise<unknown>>} */
const ABUSES = {
  idle: () => openIdle(topology.nodes[0]?.ports ?? [], idle),
  trickle: () => trickle(portOf(topology, TRICKLE_KEY), never),
  flood: () => flood(largePort, never),
  'too-many': () => sendTooMany(largePort, never),
  large: () => readLarge(largePort, never),
}

process.once('disconnect', () => process.exit())
if (kinds.includes('idle')) await ABUSES.idle?.()
for (const kind of kinds) if (kind !== 'idle') ABUSES[kind]?.()
process.send?.('begun')
