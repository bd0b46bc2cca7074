// Which slots this shard owns: asked when a record is created, and of every record that is looked at while those in
// slots that were taken away are discarded. The slot is Redis Cluster's: CRC-16/XMODEM of the key, or of what stands in
// its first {tag}, mod 16384.

import { SLOTS_AT } from './layout.ts'

const OPEN_BRACE: u8 = 0x7b
const CLOSE_BRACE: u8 = 0x7d

/** CRC-16/XMODEM (polynomial 0x1021), one entry a byte. */
const crcTable = new StaticArray<u16>(256)

/** Fills the table of the checksum. */
export function openSlots(): void {
  for (let byte = 0; byte < 256; byte++) {
    let crc: u32 = byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    unchecked((crcTable[byte] = <u16>crc))
  }
}

/** Whether this shard owns the slot of a key: only then a record may be created under it. */
export function ownsSlot(key: usize, bytes: u32): bool {
  const slot = slotOf(key, bytes)
  return (load<u8>(SLOTS_AT + (slot >> 3)) & (1 << (slot & 7))) != 0
}

function slotOf(key: usize, bytes: u32): u32 {
  const end = key + bytes
  for (let open = key; open < end; open++) {
    if (load<u8>(open) != OPEN_BRACE) continue
    for (let close = open + 1; close < end; close++) {
      if (load<u8>(close) != CLOSE_BRACE) continue
      if (close == open + 1) break
      return crc16(open + 1, close) & 16383
    }
    break
  }
  return crc16(key, end) & 16383
}

function crc16(from: usize, to: usize): u32 {
  let crc: u32 = 0
  for (; from < to; from++) crc = ((crc << 8) ^ unchecked(crcTable[((crc >> 8) ^ load<u8>(from)) & 0xff])) & 0xffff
  return crc
}
