// A shard runtime with everything around it in the test's hand: its clock, its channels, and the bytes on them.

import type { Topology } from '../../src/cluster/topology.ts'
import { evenTopology } from '../../src/cluster/topology.ts'
import {
  FRAME_HEADER_BYTES,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  SECTION_HEADER_BYTES,
  writeFrameHeader,
  writeRequestSectionHeader,
} from '../../src/protocol/frame.ts'
import { FrameDecoder } from '../../src/protocol/frame-decoder.ts'
import { AnswerDecoder, encodeHello, type Hello, type HelloAnswer } from '../../src/protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts'
import { SectionReader } from '../../src/protocol/section-reader.ts'
import { resolveLimits, type ServerLimits } from '../../src/server/limits.ts'
import type { LogFields, Logger } from '../../src/server/logger.ts'
import { engineOpener } from '../../src/server/shard-engines.ts'
import { ShardRuntime } from '../../src/server/shard-runtime.ts'
import type { Siblings } from '../../src/server/siblings.ts'
import type { ByteChannel, ByteChannelHandler } from '../../src/util/byte-channel.ts'
import {
  checkedModule,
  decodeResults,
  encodeOperations,
  type TestOperation,
  type TestResult,
  testSecret,
} from './engine-harness.ts'
import { ManualClock } from './manual-clock.ts'

/** Log lines, kept. */
export class LogRecorder implements Logger {
  readonly lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = []

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message })
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message })
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message })
  }
}

/** The far end of a channel: what it is sent stays held until `read`, as on a socket whose peer does not read. */
export class TestChannel implements ByteChannel {
  readonly peer = 'test'
  readonly #highWaterBytes: number
  readonly #received: Uint8Array[] = []
  #held: { readonly parts: readonly Uint8Array[]; readonly released: (() => void) | undefined }[] = []
  #handler: ByteChannelHandler | undefined
  #needsDrain = false
  /** Calls of `write` that were made. */
  writeCount = 0
  isPaused = false
  isEnded = false
  isClosed = false

  constructor(highWaterBytes = Number.POSITIVE_INFINITY) {
    this.#highWaterBytes = highWaterBytes
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, { parts }) => sum + parts.reduce((bytes, part) => bytes + part.length, 0), 0)
  }

  open(handler: ByteChannelHandler): void {
    this.#handler = handler
  }

  write(parts: readonly Uint8Array[], released?: () => void): boolean {
    this.writeCount++
    this.#held.push({ parts, released })
    this.#needsDrain = this.heldBytes > this.#highWaterBytes
    return !this.#needsDrain
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    if (this.isClosed) return
    this.isClosed = true
    // Also what is written while the writer is told of the releases.
    for (let write = this.#held.shift(); write !== undefined; write = this.#held.shift()) write.released?.()
    this.#handler?.onClose(undefined)
  }

  /** Delivers bytes to the server. */
  deliver(chunk: Uint8Array): void {
    if (!this.isClosed) this.#handler?.onBytes(chunk)
  }

  /**
   * Reads what is held, and what follows from that, or only so many writes; as a socket does, it closes when the
   * server has ended.
   */
  read(writesMax = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < writesMax; count++) {
      const write = this.#held.shift()
      if (write === undefined) break
      for (const part of write.parts) this.#received.push(part.slice())
      write.released?.()
    }
    if (this.#held.length > 0) return
    if (this.isEnded) this.destroy()
    else if (this.#needsDrain) {
      this.#needsDrain = false
      this.#handler?.onDrain()
      this.read(writesMax)
    }
  }

  /** All bytes read since the last call. */
  takeReceived(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#received.splice(0)))
  }
}

/** A section to send. */
export interface TestSection {
  readonly operations: readonly TestOperation[]
  readonly shard?: number
  readonly view?: number
  readonly namespace?: number
  /** In place of the encoded operations. */
  readonly bytes?: Uint8Array
  /** In place of the number of operations. */
  readonly operationCount?: number
}

/** A section that came back. */
export interface TestSectionReply {
  readonly shard: number
  readonly view: number
  readonly outcome: number
  readonly results: readonly TestResult[]
}

/** A frame that came back. */
export interface TestFrame {
  readonly kind: number
  readonly sequence: number
  readonly body: Uint8Array
  readonly sections: readonly TestSectionReply[]
}

/** An OPERATIONS frame. */
export function operationsFrame(sequence: number, sections: readonly TestSection[], flags = 0): Uint8Array {
  const encoded = sections.map(({ operations, shard = 0, view = 1, namespace = 0, bytes, operationCount }) => {
    const content = bytes ?? encodeOperations(operations)
    const header = new Uint8Array(SECTION_HEADER_BYTES)
    writeRequestSectionHeader(header, 0, content.length, operationCount ?? operations.length, view, shard, namespace)
    return Buffer.concat([header, content])
  })
  return frameOf(KIND_OPERATIONS, sequence, Buffer.concat(encoded), flags, sections.length)
}

/** Any frame. */
export function frameOf(kind: number, sequence: number, body: Uint8Array, flags = 0, sectionCount = 0): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length)
  writeFrameHeader(frame, 0, frame.length, kind, flags, sectionCount, sequence)
  frame.set(body, FRAME_HEADER_BYTES)
  return frame
}

/** A good hello. */
export function testHello(changes: Partial<Hello> = {}): Uint8Array {
  return encodeHello({
    versionMin: 1,
    versionMax: 1,
    requiredFeatures: 0,
    optionalFeatures: 0,
    clientId: new Uint8Array(16),
    frameBytesMax: FRAME_BYTES_MAX,
    credentials: new Uint8Array(0),
    ...changes,
  })
}

/** What takes channels: a runtime, or a whole server. */
export interface ChannelServer {
  accept(channel: ByteChannel): void
}

/** A client that speaks the protocol by hand. */
export class TestPeer {
  readonly channel: TestChannel
  answer: HelloAnswer | undefined
  readonly #answers = new AnswerDecoder()
  readonly #frames = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })

  constructor(server: ChannelServer, channel = new TestChannel()) {
    this.channel = channel
    server.accept(channel)
  }

  /** Says hello and reads the answer. */
  static open(server: ChannelServer, channel?: TestChannel): TestPeer {
    const peer = new TestPeer(server, channel)
    peer.channel.deliver(testHello())
    peer.replies()
    return peer
  }

  send(...frames: readonly Uint8Array[]): void {
    this.channel.deliver(new Uint8Array(Buffer.concat(frames)))
  }

  /** Reads all that the server sends. */
  replies(): TestFrame[] {
    this.channel.read()
    return this.decode()
  }

  /** Decodes what was read by the channel. */
  decode(): TestFrame[] {
    let bytes = this.channel.takeReceived()
    if (this.answer === undefined && bytes.length > 0) {
      this.answer = this.#answers.push(bytes)
      bytes = this.#answers.rest
    }
    if (bytes.length > 0) this.#frames.push(bytes)
    const frames: TestFrame[] = []
    while (this.#frames.next()) frames.push(readFrame(this.#frames))
    return frames
  }
}

function readFrame(frame: FrameDecoder): TestFrame {
  const { kind, sequence } = frame
  const body = frame.bytes.slice(frame.start, frame.end)
  const sections: TestSectionReply[] = []
  if (kind !== KIND_OPERATIONS_REPLY) return { kind, sequence, body, sections }
  const reader = new SectionReader()
  reader.openReply(body, 0, body.length, frame.sectionCount)
  while (reader.next()) {
    const { shard, view, outcome, resultCount } = reader
    sections.push({ shard, view, outcome, results: decodeResults(body.slice(reader.start, reader.end), resultCount) })
  }
  return { kind, sequence, body, sections }
}

/** What a test runtime is made with. */
export interface TestRuntimeOptions {
  readonly shards?: number
  readonly replySlabsMax?: number
  readonly limits?: Partial<ServerLimits>
  readonly topology?: Topology
  readonly password?: string
  readonly thread?: number
  readonly siblings?: Siblings
  readonly clock?: ManualClock
}

/** A runtime, and all that it was given. */
export interface TestRuntime {
  readonly runtime: ShardRuntime
  readonly clock: ManualClock
  readonly log: LogRecorder
  readonly topology: Topology
}

/** A runtime with engines that check themselves. */
export function openTestRuntime(options: TestRuntimeOptions = {}): TestRuntime {
  const log = new LogRecorder()
  const topology =
    options.topology ??
    evenTopology({ nodes: [{ id: 'test', host: 'test', ports: [1] }], shardCount: options.shards ?? 1 })
  const { thread = 0, clock = new ManualClock() } = options
  const engines = {
    memoryBytesMax: 64 * 1024 * 1024,
    secret: testSecret(1),
    module: checkedModule,
    ...(options.replySlabsMax === undefined ? {} : { replySlabsMax: options.replySlabsMax }),
  }
  const limits = resolveLimits(options.limits)
  const openEngine = engineOpener(engines, () => clock.nowMs())
  const runtime = new ShardRuntime({
    thread,
    nodeId: 'test',
    openEngine,
    incarnation: 7n,
    clock,
    limits,
    logger: log,
    ...(options.password !== undefined && { password: options.password }),
    ...(options.siblings !== undefined && { siblings: options.siblings }),
  })
  runtime.adopt(topology)
  runtime.publish()
  runtime.serveGained(topology.number)
  return { runtime, clock, log, topology }
}
