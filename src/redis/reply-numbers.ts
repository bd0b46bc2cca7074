// Numbers as servers write them, checked strictly: what `Number` would also take (spaces, `0x10`, an empty text) is none.

/** An integer of any size. */
export const INTEGER = /^(?:0|-?[1-9]\d*)$/

/** A floating-point number: servers also write `inf`, `-inf` and `nan`. */
const DOUBLE = /^(?:-?inf|-?nan|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** The integer that the text is in decimal; undefined when it is none, or does not fit 64 bits with a sign. */
export function integer64Of(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** The number that the text is; undefined when it is none. */
export function doubleOf(text: string): number | undefined {
  if (!DOUBLE.test(text)) return undefined
  if (text.endsWith('inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return text.endsWith('nan') ? Number.NaN : Number(text)
}

/** 1 for true, 0 for false; undefined for anything else. */
export function booleanOf(text: string): number | undefined {
  if (text === 't') return 1
  return text === 'f' ? 0 : undefined
}
