// Copy and compare, made for short byte strings. Loads may run past the end of what was asked for (by less than
// OVERRUN_BYTES, always inside this memory); stores only where the name says so.

/** From here on the built-in copy, which is a call out of WebAssembly, is the faster one. */
const BULK_COPY_BYTES: u32 = 512

/** Whether two byte strings of at least one byte are equal. */
@inline
export function equalBytes(left: usize, right: usize, bytes: u32): bool {
  while (bytes > 16) {
    if (v128.any_true(v128.xor(v128.load(left), v128.load(right)))) return false
    left += 16
    right += 16
    bytes -= 16
  }
  if (bytes > 8) {
    if (load<u64>(left) != load<u64>(right)) return false
    left += 8
    right += 8
    bytes -= 8
  }
  // With eight bytes left the shift is by 0: nothing is masked.
  return ((load<u64>(left) ^ load<u64>(right)) << (64 - (<u64>bytes << 3))) == 0
}

/** Asks for a cache line. Nothing uses the loaded word, yet no compiler may drop the load, since it could trap. */
@inline
export function touch(address: usize): void {
  load<u32>(address)
}

/** Copies in steps of a cache line; may also write up to 64 bytes past the end. */
@inline
export function copyOverrunning(target: usize, source: usize, bytes: u32): void {
  if (bytes >= BULK_COPY_BYTES) {
    memory.copy(target, source, bytes)
    return
  }
  const end = target + bytes
  do {
    v128.store(target, v128.load(source))
    v128.store(target, v128.load(source, 16), 16)
    v128.store(target, v128.load(source, 32), 32)
    v128.store(target, v128.load(source, 48), 48)
    target += 64
    source += 64
  } while (target < end)
}

/** Copies exactly. */
export function copyExactly(target: usize, source: usize, bytes: u32): void {
  if (bytes >= BULK_COPY_BYTES) {
    memory.copy(target, source, bytes)
    return
  }
  if (bytes >= 16) {
    // The last 16 bytes, which may lie over others, are read first: source and target may be the same.
    const end = target + bytes - 16
    const last = v128.load(source + bytes - 16)
    for (; target + 48 <= end; target += 64, source += 64) {
      v128.store(target, v128.load(source))
      v128.store(target, v128.load(source, 16), 16)
      v128.store(target, v128.load(source, 32), 32)
      v128.store(target, v128.load(source, 48), 48)
    }
    for (; target < end; target += 16, source += 16) v128.store(target, v128.load(source))
    v128.store(end, last)
    return
  }
  if (bytes >= 8) {
    const head = load<u64>(source)
    store<u64>(target + bytes - 8, load<u64>(source + bytes - 8))
    store<u64>(target, head)
    return
  }
  if (bytes >= 4) {
    const head = load<u32>(source)
    store<u32>(target + bytes - 4, load<u32>(source + bytes - 4))
    store<u32>(target, head)
    return
  }
  if (bytes >= 2) {
    const head = load<u16>(source)
    store<u8>(target + bytes - 1, load<u8>(source + bytes - 1))
    store<u16>(target, head)
    return
  }
  if (bytes) store<u8>(target, load<u8>(source))
}
