// A scripted cluster: it speaks the server's side of the protocol over memory channels and answers from a map. A rule
// may refuse or stop any section, and frames can be held back unanswered. Its fence works as the protocol says.

import type { Transport } from '../../src/client/transport.ts'
import type { Topology, TopologyShard } from '../../src/cluster/topology.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_STALE,
  OUTCOME_UNKNOWN_SHARD,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from '../../src/protocol/codes.ts'
import { writeCompact } from '../../src/protocol/compact.ts'
import { encodeControl } from '../../src/protocol/control.ts'
import {
  FLAG_RESUME,
  FRAME_HEADER_BYTES,
  KIND_ADMIN,
  KIND_ADMIN_REPLY,
  KIND_GO_AWAY,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  KIND_PONG,
  KIND_TOPOLOGY,
  KIND_TOPOLOGY_REPLY,
  SECTION_HEADER_BYTES,
  writeFrameHeader,
  writeReplySectionHeader,
} from '../../src/protocol/frame.ts'
import { FrameDecoder } from '../../src/protocol/frame-decoder.ts'
import { encodeAnswer, HelloDecoder } from '../../src/protocol/hello.ts'
import {
  FRAME_BYTES_MAX,
  FRAME_OPS_MAX,
  KEY_BYTES_MAX,
  REPLY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from '../../src/protocol/limits.ts'
import { type DecodedOperation, decodeOperation } from '../../src/protocol/operation-walk.ts'
import { SectionReader } from '../../src/protocol/section-reader.ts'
import type { ByteChannel, ByteChannelHandler } from '../../src/util/byte-channel.ts'
import { writeU64 } from '../../src/util/bytes.ts'
import { memoryChannelPair } from '../../src/util/memory-channel.ts'

/** What a rule makes of a section: its outcome, and how many of its operations are executed first. */
export interface Verdict {
  readonly outcome: number
  readonly executed: number
}

/** A section as it arrived. */
export interface ReceivedSection {
  readonly shard: number
  readonly view: number
  readonly operations: readonly DecodedOperation[]
}

/** A frame as it arrived. */
export interface ReceivedFrame {
  readonly sequence: number
  readonly flags: number
  readonly sections: readonly ReceivedSection[]
}

interface StoredRecord {
  readonly value: Uint8Array
  readonly version: bigint
}

/** All nodes of a cluster, with one map of records for all of them. */
export class FakeCluster {
  topology: Topology
  readonly records = new Map<string, StoredRecord>()
  /** Every executed operation, as `name key`, in the order of execution. */
  readonly executed: string[] = []
  readonly connections: FakeConnection[] = []
  /** Decides about a section before the cluster's own rules do; undefined leaves it to them. */
  rule: (section: ReceivedSection, frame: ReceivedFrame, connection: FakeConnection) => Verdict | undefined = () =>
    undefined
  /** While true frames wait until `FakeConnection.answer`. */
  isHolding = false
  /** Whether a thread can be connected to. */
  isReachable: (address: string) => boolean = () => true
  /** Whether questions for the topology wait until `FakeConnection.tell`. */
  isReticent: (address: string) => boolean = () => false
  /** Keys for which there is no memory. */
  isFull: (key: string) => boolean = () => false
  /** Changes a reply before it is sent. */
  corrupt: (reply: Uint8Array) => void = () => {}
  #version = 0n

  constructor(topology: Topology) {
    this.topology = topology
  }

  /** A transport to every address of the topology in force. */
  get transport(): Transport {
    return {
      connect: async (address) => {
        if (!this.isReachable(address) || !this.#isThread(address)) throw new Error(`nobody listens at ${address}`)
        const [near, far] = memoryChannelPair({ peers: [address, 'client'] })
        this.accept(far, address)
        return near
      },
    }
  }

  /** Serves a channel as the thread at the address. */
  accept(channel: ByteChannel, address: string): void {
    this.connections.push(new FakeConnection(this, channel, address))
  }

  /** The open connections to an address. */
  at(address: string): FakeConnection[] {
    return this.connections.filter((connection) => connection.address === address && !connection.isClosed)
  }

  /** The only open connection. */
  only(): FakeConnection {
    const open = this.connections.filter(({ isClosed }) => !isClosed)
    const [connection] = open
    if (connection === undefined || open.length > 1) throw new Error(`there are ${open.length} open connections`)
    return connection
  }

  shardsAt(address: string): TopologyShard[] {
    const { nodes, shards } = this.topology
    return shards.filter(({ node, thread }) => {
      const owner = nodes.find(({ id }) => id === node)
      return `${owner?.host}:${owner?.ports[thread]}` === address
    })
  }

  /** Executes an operation and appends its result. */
  execute({ row, withVersion, key, value }: DecodedOperation, results: Uint8Array[]): void {
    const name = Buffer.from(key).toString()
    this.executed.push(`${row.name} ${name}`)
    const record = this.records.get(name)
    if (row.name === 'set' && value !== undefined) {
      if (this.isFull(name)) {
        results.push(resultOf(STATUS_NO_MEMORY))
        return
      }
      this.#version += 1n
      this.records.set(name, { value: value.slice(), version: this.#version })
      results.push(resultOf(withVersion ? STATUS_OK_VERSION : STATUS_OK, withVersion ? this.#version : undefined))
      return
    }
    if (record === undefined) {
      results.push(resultOf(STATUS_MISSING))
      return
    }
    if (row.name === 'delete') this.records.delete(name)
    const version = withVersion ? record.version : undefined
    if (row.name !== 'get') results.push(resultOf(withVersion ? STATUS_OK_VERSION : STATUS_OK, version))
    else results.push(resultOf(withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE, version, record.value))
  }

  #isThread(address: string): boolean {
    return this.topology.nodes.some(({ host, ports }) => ports.some((port) => `${host}:${port}` === address))
  }
}

const RESULT_HEAD_BYTES_MAX = 14

function resultOf(status: number, version?: bigint, value?: Uint8Array): Uint8Array {
  const result = new Uint8Array(RESULT_HEAD_BYTES_MAX + (value?.length ?? 0))
  result[0] = status
  let end = 1
  if (value !== undefined) end = writeCompact(result, end, value.length)
  if (version !== undefined) {
    writeU64(result, end, version)
    end += 8
  }
  if (value === undefined) return result.subarray(0, end)
  result.set(value, end)
  return result.subarray(0, end + value.length)
}

/** The cluster's end of one connection. */
export class FakeConnection implements ByteChannelHandler {
  readonly address: string
  /** Every frame of operations that arrived. */
  readonly received: ReceivedFrame[] = []
  /** Frames that wait for `answer`. */
  readonly waiting: ReceivedFrame[] = []
  /** Sequence numbers of the PONGs that arrived. */
  readonly pongs: number[] = []
  /** Sequence numbers of questions for the topology that wait. */
  readonly questions: number[] = []
  isClosed = false
  readonly #cluster: FakeCluster
  readonly #channel: ByteChannel
  readonly #hello = new HelloDecoder()
  readonly #decoder = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  #isGreeted = false
  #isFenced = false

  constructor(cluster: FakeCluster, channel: ByteChannel, address: string) {
    this.#cluster = cluster
    this.#channel = channel
    this.address = address
    channel.open(this)
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#isGreeted) this.#decoder.push(chunk)
    else if (!this.#greet(chunk)) return
    while (this.#decoder.next()) this.#onFrame()
  }

  onDrain(): void {}

  onClose(): void {
    this.isClosed = true
  }

  /** Answers the oldest waiting frames. */
  answer(count = this.waiting.length): void {
    for (const frame of this.waiting.splice(0, count)) this.#reply(frame)
  }

  /** Answers the questions that wait. */
  tell(topology: Topology): void {
    for (const sequence of this.questions.splice(0)) {
      this.send(encodeControl(KIND_TOPOLOGY_REPLY, sequence, JSON.stringify(topology)))
    }
  }

  /** Sends raw bytes. */
  send(bytes: Uint8Array): void {
    this.#channel.write([bytes])
  }

  goAway(): void {
    this.send(encodeControl(KIND_GO_AWAY, 0, ''))
  }

  /** Breaks the connection. */
  cut(): void {
    this.#channel.destroy(new Error('cut'))
  }

  #greet(chunk: Uint8Array): boolean {
    if (this.#hello.push(chunk) === undefined) return false
    this.#isGreeted = true
    const shards = this.#cluster.shardsAt(this.address).map(({ id, view }) => ({ shard: id, view }))
    this.send(
      encodeAnswer({
        version: 1,
        refusal: 0,
        features: 0,
        incarnation: 1n,
        serverTimeMs: 0,
        topologyNumber: this.#cluster.topology.number,
        frameBytesMax: FRAME_BYTES_MAX,
        frameOpsMax: FRAME_OPS_MAX,
        replyBytesMax: REPLY_BYTES_MAX,
        valueBytesMax: VALUE_BYTES_MAX,
        keyBytesMax: KEY_BYTES_MAX,
        shards,
      }),
    )
    this.#decoder.push(this.#hello.rest)
    return true
  }

  #onFrame(): void {
    const { kind, sequence } = this.#decoder
    if (kind === KIND_TOPOLOGY) {
      this.questions.push(sequence)
      if (!this.#cluster.isReticent(this.address)) this.tell(this.#cluster.topology)
    } else if (kind === KIND_ADMIN) {
      this.send(encodeControl(KIND_ADMIN_REPLY, sequence, JSON.stringify({ address: this.address })))
    } else if (kind === KIND_PONG) {
      this.pongs.push(sequence)
    } else if (kind === KIND_OPERATIONS) {
      const frame = this.#receive()
      this.received.push(frame)
      if (this.#cluster.isHolding) this.waiting.push(frame)
      else this.#reply(frame)
    }
  }

  #receive(): ReceivedFrame {
    const { bytes, start, end, sectionCount, sequence, flags } = this.#decoder
    const reader = new SectionReader()
    reader.open(bytes, start, end, sectionCount)
    const sections: ReceivedSection[] = []
    while (reader.next()) {
      const operations: DecodedOperation[] = []
      for (let at = reader.start; at < reader.end; ) {
        const operation = decodeOperation(bytes, at, reader.end)
        operations.push(operation)
        at = operation.end
      }
      sections.push({ shard: reader.shard, view: reader.view, operations })
    }
    return { sequence, flags, sections }
  }

  #reply(frame: ReceivedFrame): void {
    if ((frame.flags & FLAG_RESUME) !== 0) this.#isFenced = false
    const isFenced = this.#isFenced
    const sections = frame.sections.map((section) => {
      const verdict = isFenced ? { outcome: OUTCOME_FENCED, executed: 0 } : this.#judge(section, frame)
      const results: Uint8Array[] = []
      for (const operation of section.operations.slice(0, verdict.executed)) this.#cluster.execute(operation, results)
      if (verdict.outcome !== OUTCOME_EXECUTED) this.#isFenced = true
      return encodeSection(section, verdict, results)
    })
    const bytes = FRAME_HEADER_BYTES + sections.reduce((sum, section) => sum + section.length, 0)
    const header = new Uint8Array(FRAME_HEADER_BYTES)
    writeFrameHeader(header, 0, bytes, KIND_OPERATIONS_REPLY, 0, sections.length, frame.sequence)
    const reply = Buffer.concat([header, ...sections])
    this.#cluster.corrupt(reply)
    this.send(reply)
  }

  #judge(section: ReceivedSection, frame: ReceivedFrame): Verdict {
    const ruled = this.#cluster.rule(section, frame, this)
    if (ruled !== undefined) return ruled
    const shard = this.#cluster.shardsAt(this.address).find(({ id }) => id === section.shard)
    if (shard === undefined) return { outcome: OUTCOME_UNKNOWN_SHARD, executed: 0 }
    if (section.view < shard.view) return { outcome: OUTCOME_STALE, executed: 0 }
    if (section.view > shard.view) return { outcome: OUTCOME_BEHIND, executed: 0 }
    return { outcome: OUTCOME_EXECUTED, executed: section.operations.length }
  }
}

function encodeSection(
  section: ReceivedSection,
  { outcome, executed }: Verdict,
  results: readonly Uint8Array[],
): Uint8Array {
  const header = new Uint8Array(SECTION_HEADER_BYTES)
  const resultBytes = results.reduce((sum, result) => sum + result.length, 0)
  writeReplySectionHeader(header, 0, resultBytes, executed, section.view, section.shard, outcome)
  return Buffer.concat([header, ...results])
}
