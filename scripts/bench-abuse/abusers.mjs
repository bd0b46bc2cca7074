// Peers that cost a server as much as its limits let them, while others want to be served. Each acts until `isOver`
// says so, at least once, closes what it opened, and returns what it saw.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { slotOfString } from '../../dist/cluster/slot.js'
import { FLAG_RESUME, FRAME_BYTES_MAX, OP_CLEAR, OP_GET, OP_SET, OP_WITH_VERSION } from '../../dist/protocol/index.js'
import { encoded, HELLO, RawPeer } from './raw-peer.mjs'

/** A record of the largest size, which whoever runs the abusers has written. */
export const LARGE_KEY = '{large}0'
/** What `trickle` writes. */
export const TRICKLE_KEY = 'trickle'

/** Sockets that are opened at a time: servers bound those that have not said hello. */
const OPENING_MAX = 50

/** Bytes of both headers of a frame with one section. */
const HEADER_BYTES = 32

/** Gets of one large value that one frame asks for. */
const LARGE_GETS = 8_192

/** A flooder sends more while fewer bytes than this wait in its process, so many frames at a time. */
const FLOOD_WAITING_BYTES_MAX = 64 * 1024
const FLOOD_FRAMES = 1_000
const FLOOD_PAUSE_MS = 10

/**
 * @typedef {() => boolean} IsOver
 * @typedef {import('./raw-peer.mjs').RawReply} RawReply
 */

/**
 * The port of the thread that owns the key's shard.
 * @param {import('../../dist/client/index.js').Topology} topology of one node
 * @param {string} key
 * @returns {number}
 */
export function portOf(topology, key) {
  const slot = slotOfString(key)
  const shard = topology.shards.find(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
  const port = topology.nodes[0]?.ports[shard?.thread ?? -1]
  if (port === undefined) throw new Error('every slot has a thread')
  return port
}

/**
 * Connections that have said hello, shared out to the ports in turn.
 * @param {readonly number[]} ports
 * @param {number} count
 * @returns {Promise<RawPeer[]>}
 */
export async function openIdle(ports, count) {
  /** @type {RawPeer[]} */
  const peers = []
  while (peers.length < count) {
    const opening = Array.from({ length: Math.min(OPENING_MAX, count - peers.length) }, (_, index) => {
      return RawPeer.open(ports[index % ports.length] ?? 0)
    })
    peers.push(...(await Promise.all(opening)))
  }
  return peers
}

/**
 * Sends hello, sets and gets with one byte a write. Returns how many replies it got.
 * @param {number} port of the key's shard
 * @param {IsOver} isOver
 * @returns {Promise<number>}
 */
export async function trickle(port, isOver) {
  const peer = new RawPeer(port)
  try {
    await writeByByte(peer, HELLO)
    await peer.introduced()
    let count = 0
    do {
      const text = `value ${count}`
      const operations = encoded((writer) => {
        writer.appendSet(OP_SET, TRICKLE_KEY, text)
        writer.appendString(OP_GET, TRICKLE_KEY)
      })
      await writeByByte(peer, peer.frame(operations, 2))
      const reply = await peer.reply()
      if (reply.resultCount !== 2 || String(Buffer.from(reply.value(1))) !== text) throw new Error('a wrong reply')
      count++
    } while (!isOver())
    return count
  } finally {
    await peer.destroy()
  }
}

/**
 * @param {RawPeer} peer
 * @param {Uint8Array} bytes
 */
async function writeByByte(peer, bytes) {
  for (let at = 0; at < bytes.length; at++) {
    peer.socket.write(bytes.subarray(at, at + 1))
    await turn()
  }
}

/**
 * Asks for a large value again and again and reads nothing, until the server closes the connection. Returns how often
 * that happened.
 * @param {number} port of the key's shard
 * @param {IsOver} isOver
 * @returns {Promise<number>}
 */
export async function flood(port, isOver) {
  const get = encoded((writer) => writer.appendString(OP_GET, LARGE_KEY))
  let count = 0
  do {
    const peer = await RawPeer.open(port)
    peer.socket.pause()
    // Who does not read sees the end of its connection only by writing.
    while (!peer.isClosed) {
      for (let sent = 0; sent < FLOOD_FRAMES && peer.socket.writableLength < FLOOD_WAITING_BYTES_MAX; sent++) {
        peer.socket.write(peer.frame(get, 1))
      }
      await sleep(FLOOD_PAUSE_MS)
    }
    count++
  } while (!isOver())
  return count
}

/**
 * Sends the largest frames there are, of clears, one byte each. Returns the replies.
 * @param {number} port of the key's shard
 * @param {IsOver} isOver
 * @returns {Promise<RawReply[]>}
 */
export async function sendTooMany(port, isOver) {
  const peer = await RawPeer.open(port)
  try {
    const operations = new Uint8Array(FRAME_BYTES_MAX - HEADER_BYTES).fill(OP_CLEAR)
    const frame = peer.frame(operations, operations.length, FLAG_RESUME)
    const replies = []
    do {
      peer.socket.write(frame)
      replies.push(await peer.reply())
    } while (!isOver())
    return replies
  } finally {
    await peer.destroy()
  }
}

/**
 * Reads one large value thousands of times in one frame, first in one form, so that each result repeats the first, then
 * in two forms in turn, so that the second does not fit the reply. Returns the last pair of replies.
 * @param {number} port of the key's shard
 * @param {IsOver} isOver
 * @returns {Promise<{ repeated: RawReply, stopped: RawReply }>}
 */
export async function readLarge(port, isOver) {
  const peer = await RawPeer.open(port)
  try {
    const sameForm = encoded((writer) => {
      for (let index = 0; index < LARGE_GETS; index++) writer.appendString(OP_GET, LARGE_KEY)
    })
    const twoForms = encoded((writer) => {
      for (let index = 0; index < LARGE_GETS; index++) {
        writer.appendString(index % 2 === 0 ? OP_GET : OP_GET | OP_WITH_VERSION, LARGE_KEY)
      }
    })
    let replies
    do {
      const repeated = await peer.request(sameForm, LARGE_GETS, FLAG_RESUME)
      replies = { repeated, stopped: await peer.request(twoForms, LARGE_GETS, FLAG_RESUME) }
    } while (!isOver())
    return replies
  } finally {
    await peer.destroy()
  }
}
