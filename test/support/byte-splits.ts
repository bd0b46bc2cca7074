// Every decoder is tested with its input whole, byte by byte, and cut at random places.

import fc from 'fast-check'

/** The bytes cut at the positions, which may come in any order and repeat: then a chunk is empty. */
export function splitAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const cuts = [...positions].sort((a, b) => a - b)
  return [0, ...cuts].map((start, index) => bytes.slice(start, cuts[index] ?? bytes.length))
}

/** One chunk for each byte. */
export function splitEverywhere(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte))
}

/** The three ways for one input: whole, byte by byte, and at a few random places. */
export function arbitrarySplit(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 6 })
  return fc.oneof(
    fc.constant<Uint8Array[]>([bytes]),
    fc.constant<Uint8Array[]>(splitEverywhere(bytes)),
    cuts.map((positions) => splitAt(bytes, positions)),
  )
}

/** The bytes with some of them replaced, or cut short. */
export function arbitraryMutation(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edits = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  })
  return fc.tuple(edits, fc.nat({ max: bytes.length })).map(([changes, cut]) => {
    const mutated = bytes.slice(0, cut % 3 === 0 ? cut : bytes.length)
    for (const [at, byte] of changes) if (at < mutated.length) mutated[at] = byte
    return mutated
  })
}
