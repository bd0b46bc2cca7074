// Redis replies the plain way: as trees, by a recursive parser over all bytes at once. What the decoder is compared with.

import fc from 'fast-check'
import type { ReplyDecoder } from '../../src/redis/reply-decoder.ts'
import {
  REPLY_ARRAY,
  REPLY_BIG_NUMBER,
  REPLY_BOOLEAN,
  REPLY_BULK,
  REPLY_DOUBLE,
  REPLY_ERROR,
  REPLY_INTEGER,
  REPLY_MAP,
  REPLY_NULL,
  REPLY_PUSH,
  REPLY_SET,
  REPLY_TEXT,
  REPLY_VERBATIM,
} from '../../src/redis/reply-kinds.ts'

/** A reply: its kind, and its contents as text (latin1), a number, or further replies. */
export type ReplyTree = readonly [kind: number, contents?: string | number | bigint | readonly ReplyTree[]]

/** All replies of a whole stream, which must be well-formed. */
export function parseReplies(stream: Uint8Array): ReplyTree[] {
  const parser = new PlainParser(Buffer.from(stream))
  const trees: ReplyTree[] = []
  while (!parser.isAtEnd) trees.push(parser.parse())
  return trees
}

/** Takes whole replies out of the decoder, until it has no more; `open` keeps what is not whole between two calls. */
export function takeReplies(decoder: ReplyDecoder, open: OpenReply): ReplyTree[] {
  const trees: ReplyTree[] = []
  while (decoder.next()) {
    decoder.checkInvariants()
    const tree = open.add(decoder)
    if (tree !== undefined) trees.push(tree)
  }
  decoder.checkInvariants()
  return trees
}

/** A reply of which some elements were loaded. */
export class OpenReply {
  readonly #open: { readonly kind: number; readonly count: number; readonly children: ReplyTree[] }[] = []

  /** The reply, when it is whole with this element. */
  add(decoder: ReplyDecoder): ReplyTree | undefined {
    if (decoder.depth !== this.#open.length) throw new Error(`depth ${decoder.depth} inside ${this.#open.length}`)
    const { kind, count } = decoder
    if (AGGREGATES.has(kind) && count > 0) {
      this.#open.push({ kind, count, children: [] })
      if (decoder.endsReply) throw new Error('a reply ends before the elements that it counts')
      return undefined
    }
    let tree = flatTreeOf(decoder)
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      top.children.push(tree)
      if (top.children.length < top.count) break
      this.#open.pop()
      tree = [top.kind, top.children]
    }
    const isWhole = this.#open.length === 0
    if (decoder.endsReply !== isWhole) throw new Error(`endsReply is ${decoder.endsReply}`)
    return isWhole ? tree : undefined
  }
}

const AGGREGATES = new Set([REPLY_ARRAY, REPLY_MAP, REPLY_SET, REPLY_PUSH])

function flatTreeOf(decoder: ReplyDecoder): ReplyTree {
  const { kind, bytes, start, end } = decoder
  if (kind === REPLY_NULL) return [kind]
  if (AGGREGATES.has(kind)) return [kind, []]
  if (kind === REPLY_INTEGER || kind === REPLY_BIG_NUMBER) return [kind, decoder.integer]
  if (kind === REPLY_DOUBLE || kind === REPLY_BOOLEAN) return [kind, decoder.number]
  return [kind, Buffer.from(bytes.subarray(start, end)).toString('latin1')]
}

class PlainParser {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  parse(): ReplyTree {
    const line = this.#line()
    const rest = line.slice(1)
    const count = Number(rest)
    switch (line[0]) {
      case '+':
        return [REPLY_TEXT, rest]
      case '-':
        return [REPLY_ERROR, rest]
      case ':':
        return [REPLY_INTEGER, BigInt(rest)]
      case '(':
        return [REPLY_BIG_NUMBER, BigInt(rest)]
      case ',':
        return [REPLY_DOUBLE, Number(rest.replace('inf', 'Infinity').replace('nan', 'NaN'))]
      case '#':
        return [REPLY_BOOLEAN, rest === 't' ? 1 : 0]
      case '_':
        return [REPLY_NULL]
      case '$':
        return count === -1 ? [REPLY_NULL] : [REPLY_BULK, this.#bulk(count)]
      case '!':
        return [REPLY_ERROR, this.#bulk(count)]
      case '=':
        return [REPLY_VERBATIM, this.#bulk(count).slice(4)]
      case '*':
        return count === -1 ? [REPLY_NULL] : [REPLY_ARRAY, this.#elements(count)]
      case '~':
        return [REPLY_SET, this.#elements(count)]
      case '>':
        return [REPLY_PUSH, this.#elements(count)]
      case '%':
        return [REPLY_MAP, this.#elements(2 * count)]
      default:
        throw new Error(`no reply: ${line}`)
    }
  }

  #elements(count: number): ReplyTree[] {
    return Array.from({ length: count }, () => this.parse())
  }

  #line(): string {
    const end = this.#bytes.indexOf('\r\n', this.#at)
    if (end === -1) throw new Error('a line has no end')
    const line = this.#bytes.toString('latin1', this.#at, end)
    this.#at = end + 2
    return line
  }

  #bulk(count: number): string {
    const text = this.#bytes.toString('latin1', this.#at, this.#at + count)
    this.#at += count + 2
    return text
  }
}

const lineText = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })

function bulkOf(type: string, head: string): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength: 200 }).map((bytes) => {
    const text = head + Buffer.from(bytes).toString('latin1')
    return `${type}${text.length}\r\n${text}\r\n`
  })
}

const flatReply = fc.oneof(
  lineText.map((text) => `+${text}\r\n`),
  lineText.map((text) => `-ERR ${text}\r\n`),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => `:${value}\r\n`),
  fc.integer({ min: -20, max: 20 }).map((value) => `:${value}\r\n`),
  fc.bigInt().map((value) => `(${value}\r\n`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `,${Object.is(value, -0) ? 0 : value}\r\n`),
  fc.constantFrom(',inf\r\n', ',-inf\r\n', ',nan\r\n', '#t\r\n', '#f\r\n', '_\r\n', '$-1\r\n', '*-1\r\n'),
  bulkOf('$', ''),
  bulkOf('!', 'ERR '),
  bulkOf('=', 'txt:'),
)

/** Some well-formed reply, as it stands in a stream (latin1). */
export const arbitraryReply: fc.Arbitrary<string> = fc.letrec<{ reply: string; aggregate: string }>((tie) => ({
  reply: fc.oneof({ depthSize: 'small', withCrossShrink: true }, flatReply, tie('aggregate')),
  aggregate: fc
    .tuple(fc.constantFrom('*', '~', '>', '%'), fc.array(tie('reply'), { maxLength: 6 }))
    .map(([type, children]) => {
      if (type !== '%') return `${type}${children.length}\r\n${children.join('')}`
      const pairs = children.length >> 1
      return `%${pairs}\r\n${children.slice(0, 2 * pairs).join('')}`
    }),
})).reply
