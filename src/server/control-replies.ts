// Answers the frames that carry no operations: PING, TOPOLOGY, ADMIN. Their replies keep their place among the others.

import type { Topology } from '../cluster/topology.ts'
import { decodeControl } from '../protocol/control.ts'
import {
  FLAGS_REQUIRED_MASK,
  KIND_ADMIN,
  KIND_ADMIN_REPLY,
  KIND_PING,
  KIND_PONG,
  KIND_TOPOLOGY,
  KIND_TOPOLOGY_REPLY,
} from '../protocol/frame.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import type { OwnedShards } from './owned-shard.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { ThreadStats } from './thread-stats.ts'

const EMPTY = new Uint8Array(0)

/** Writes the replies to control frames. */
export class ControlReplies {
  readonly #writer: ReplyWriter
  readonly #shards: OwnedShards
  readonly #stats: () => ThreadStats
  /** Shared by all replies that carry it, and never written to. */
  #topologyText: Uint8Array = EMPTY

  constructor(writer: ReplyWriter, shards: OwnedShards, stats: () => ThreadStats) {
    this.#writer = writer
    this.#shards = shards
    this.#stats = stats
  }

  /** What TOPOLOGY is answered from now on. */
  publish(topology: Topology): void {
    this.#topologyText = encodeUtf8(JSON.stringify(topology))
  }

  /** Answers the loaded frame. Returns false when its kind is none that a server answers. Throws PROTOCOL. */
  answer(frame: FrameDecoder): boolean {
    switch (frame.kind) {
      case KIND_PING:
        readText(frame)
        this.#reply(KIND_PONG, frame.sequence, EMPTY)
        return true
      case KIND_TOPOLOGY:
        readText(frame)
        this.#reply(KIND_TOPOLOGY_REPLY, frame.sequence, this.#topologyText)
        return true
      case KIND_ADMIN:
        this.#reply(KIND_ADMIN_REPLY, frame.sequence, encodeUtf8(this.#runCommand(readText(frame))))
        return true
      default:
        return false
    }
  }

  #reply(kind: number, sequence: number, body: Uint8Array): void {
    this.#writer.beginFrame(this.#shards.first.pool, kind, 0, sequence)
    this.#writer.append(body)
    this.#writer.endFrame()
  }

  #runCommand(text: string): string {
    if (commandOf(text) === 'stats') return JSON.stringify(this.#stats())
    return JSON.stringify({ error: 'the commands are: {"command":"stats"}' })
  }
}

function readText(frame: FrameDecoder): string {
  if ((frame.flags & FLAGS_REQUIRED_MASK) !== 0)
    throw new SluiceError('PROTOCOL', 'a control frame has a required flag')
  return decodeControl(frame.kind, frame.bytes, frame.start, frame.end)
}

function commandOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && 'command' in parsed ? parsed.command : undefined
  } catch {
    return undefined
  }
}
