// The bytes: the document's example, every split, every mutation, and each refusal.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation, arbitrarySplit, splitAt } from '../../test/support/byte-splits.ts'
import { historyBytes, parseOperations, readHistory } from '../../test/support/history-text.ts'
import { encodeUtf8, writeU16, writeU32 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import { checkHistory } from './check-history.ts'
import { BLOCK_BYTES_MAX, DONE, INCREMENT, READ, UNKNOWN, WIPE, WRITE } from './format.ts'
import { History, OPERATION_MEMORY_BYTES } from './history.ts'
import { HistoryDecoder } from './history-decoder.ts'
import { type ClientRecorder, HistoryWriter } from './history-writer.ts'
import { gatherKey, KEY_OPERATION_MEMORY_BYTES } from './key-operations.ts'

const SAMPLE = historyBytes(
  parseOperations(`
    0-10 write 1 v5 #1
    5-20 read 1 v5 #2
    30-40 read none @b #1
    50- set 7 if 5 #2
    60-70 inc -3 = -3 @b mortal #1
    80-90 wipe slots 3-9 #3
    95-99 expire none #1
  `),
)

/** What a decoder made of the bytes. */
function contentOf(history: History): unknown {
  const word = (position: number) => Array.from({ length: 8 }, (_, index) => history.word(position, index))
  return {
    evicts: history.evicts,
    keys: history.keyBytes.map((bytes) => [...bytes]),
    clients: history.clients,
    operations: Array.from({ length: history.operations }, (_, position) => [
      history.invokedNs(position),
      history.returnedNs(position),
      ...word(position),
    ]),
  }
}

function decode(chunks: readonly Uint8Array[]): History {
  const history = new History()
  const decoder = new HistoryDecoder(history)
  for (const chunk of chunks) decoder.push(chunk)
  decoder.end()
  return history
}

describe('a history file', () => {
  it('is what the document says', () => {
    const page = readFileSync(new URL('../../docs/HISTORIES.md', import.meta.url), 'utf8')
    const block = /```hex\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    const written: Uint8Array[] = []
    const writer = new HistoryWriter((bytes) => written.push(bytes.slice()))
    const key = writer.key(encodeUtf8('a'), 3_195)
    const client: ClientRecorder = writer.client(7)
    client.record(WRITE, DONE, key, 42, 1_000, 2_000, 9n)
    client.record(INCREMENT, UNKNOWN, key, 0, 3_000, Number.POSITIVE_INFINITY, 0n, 1n)
    writer.end()
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    expect(hex(Buffer.concat(written))).toBe(block.replaceAll(/#.*/g, '').replaceAll(/\s/g, '').toLowerCase())
    expect(page).toContain(`at most ${BLOCK_BYTES_MAX / 2 ** 20} MiB`)
    expect(page).toContain(`${OPERATION_MEMORY_BYTES} B an operation, and about ${KEY_OPERATION_MEMORY_BYTES} B`)
  })

  it('comes back as it was recorded, in as many blocks as it takes', () => {
    const operations = Array.from({ length: 500 }, (_, index) => ({
      from: 2 ** 52 + 1_000 * index,
      to: index % 7 === 0 ? Number.POSITIVE_INFINITY : 2 ** 52 + 1_000 * index + 300,
      kind: WRITE,
      status: index % 7 === 0 ? UNKNOWN : DONE,
      value: index * 2 ** 40 * (index % 2 === 0 ? 1 : -1),
      version: index,
      client: index % 3,
    }))
    const history = readHistory(historyBytes(operations))
    const { operations: read } = gatherKey(history, 0)
    read.checkInvariants()
    expect([history.clients, read.count]).toEqual([3, 500])
    for (const [index, { from, to, value, version }] of operations.entries()) {
      expect(Number(history.baseNs) + (read.invokedNs[index] ?? 0)).toBe(from)
      expect(Number(history.baseNs) + (read.returnedNs[index] ?? 0)).toBe(to)
      expect(BigInt.asIntN(64, read.valueOf(index))).toBe(BigInt(value))
      expect(read.versionOf(index)).toBe(BigInt(version))
    }
  })

  it('begins a new block when times go back far or forth', () => {
    const times = [2 ** 50, 2 ** 50 - 2 ** 41, 2 ** 50 + 2 ** 48, 5]
    const history = readHistory(
      historyBytes(
        times.map((from) => ({ from, to: from + 1, kind: READ, status: DONE })),
        false,
        100,
      ),
    )
    const read = times.map((_, position) => Number(history.baseNs) + history.invokedNs(position))
    expect(read).toEqual(times)
  })

  it('is the same at every split', () => {
    const expected = contentOf(decode([SAMPLE.slice()]))
    for (let at = 0; at <= SAMPLE.length; at++) expect(contentOf(decode(splitAt(SAMPLE, [at])))).toEqual(expected)
    fc.assert(
      fc.property(arbitrarySplit(SAMPLE), (chunks) => {
        expect(contentOf(decode(chunks))).toEqual(expected)
      }),
    )
  })

  it('is refused at every cut', () => {
    for (let at = 0; at < SAMPLE.length; at++) {
      expect(() => decode([SAMPLE.slice(0, at)])).toThrow('the file is cut off')
    }
  })

  it('is judged or refused, whatever is changed in it', () => {
    fc.assert(
      fc.property(arbitraryMutation(SAMPLE), (bytes) => {
        let history: History
        try {
          history = readHistory(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(SluiceError)
          expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
          return
        }
        for (let key = 0; key < history.keys; key++) gatherKey(history, key).operations.checkInvariants()
        const steps = checkHistory(history, { memoBytesMax: 2 ** 16 })
        while (steps.next().done !== true) {}
      }),
      { numRuns: 2_000 },
    )
  })

  it('can be several files: keys are the same, clients are not', () => {
    const history = readHistory(SAMPLE, SAMPLE)
    expect([history.keys, history.clients, history.operations]).toEqual([2, 6, 14])
  })
})

describe('a decoder refuses', () => {
  const header = SAMPLE.slice(0, 16)
  const block = (kind: number, payload: readonly number[], length = payload.length): Uint8Array => {
    const bytes = new Uint8Array(8 + payload.length)
    writeU32(bytes, 0, kind)
    writeU32(bytes, 4, length)
    bytes.set(payload, 8)
    return bytes
  }
  const zeros = (count: number): number[] => new Array<number>(count).fill(0)
  /** An operation without a key before it. */
  const operation = (bits: number, key = 0xff): number[] => {
    const bytes = [...zeros(16), ...zeros(40)]
    bytes.fill(key, 28, 31)
    bytes[31] = bits
    return bytes
  }
  const wrongVersion = header.slice()
  writeU16(wrongVersion, 8, 2)
  const wrongFlags = header.slice()
  writeU16(wrongFlags, 10, 2)
  const early = operation((DONE << 4) | WIPE)
  early[16] = 1

  it.each([
    ['another file', [new Uint8Array(16)], 'at byte 0: this is no history'],
    ['another version', [wrongVersion], 'format version 2 is not known'],
    ['unknown flags', [wrongFlags], 'unknown flags'],
    ['an unknown block', [header, block(9, [])], 'at byte 16: there is no block of kind 9'],
    ['a large block before its bytes come', [header, block(2, [], 2 ** 31)], 'too large'],
    ['a key beyond its block', [header, block(1, [0, 0, 9, 0, 1])], 'a key does not end inside its block'],
    ['half a key header', [header, block(1, [0, 0, 0])], 'a key does not end inside its block'],
    ['half an operation', [header, block(2, zeros(17))], 'ends inside an operation'],
    ['a key without a name', [header, block(2, operation((DONE << 4) | READ, 0))], 'used before it is named'],
    ['an unknown kind', [header, block(2, operation(DONE << 4))], 'no operation of kind 0'],
    ['an unknown status', [header, block(2, operation((8 << 4) | WIPE))], 'unknown flags of an operation'],
    ['a wipe that is unmet', [header, block(2, operation((2 << 4) | WIPE))], 'cannot be unmet'],
    ['a wipe with a key', [header, block(2, operation((DONE << 4) | WIPE, 0))], 'a wipe has no key'],
    ['an end before the beginning', [header, block(2, early)], 'ends before it begins'],
    ['a wrong count', [header, block(3, [1, ...zeros(7)])], '0 operations were read, and the end says 1'],
    ['an end of another length', [header, block(3, [0])], 'the end has another length'],
    ['more behind the end', [header, block(3, zeros(8)), Uint8Array.of(1)], 'bytes follow the end'],
  ])('%s', (_, chunks, message) => {
    const decoder = new HistoryDecoder(new History())
    const pushAll = (): void => {
      for (const chunk of chunks) decoder.push(chunk.slice())
    }
    expect(pushAll).toThrow(message)
    expect(() => decoder.push(header.slice())).toThrow('refused before')
    expect(() => decoder.end()).toThrow('refused before')
  })
})
