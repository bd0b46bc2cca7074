// What frames take on the wire: bytes in packets, each with its headers, and acknowledgements the other way.

/** How bytes are packed. */
export interface Packing {
  /** Largest IP packet. */
  readonly mtuBytes: number
  /** Bytes of a packet beside its payload, those on the wire that no packet counts included. */
  readonly packetOverheadBytes: number
}

/** Bytes on the wire in both directions. */
export interface WireBytes {
  readonly forth: number
  /** Acknowledgements. */
  readonly back: number
}

/** IPv4 and TCP with timestamps, inside the MTU. */
const HEADERS_IN_MTU_BYTES = 20 + 20 + 12

/** A receiver acknowledges every second packet at least. */
const ACKNOWLEDGEMENTS_PER_PACKET = 0.5

/** `frames` frames, or the expected part of one, of `bytes` together. */
export function wireBytes(bytes: number, frames: number, { mtuBytes, packetOverheadBytes }: Packing): WireBytes {
  if (frames === 0) return { forth: 0, back: 0 }
  // The last packet of a frame is filled in part.
  const packets = frames * Math.ceil(bytes / frames / (mtuBytes - HEADERS_IN_MTU_BYTES))
  return {
    forth: bytes + packets * packetOverheadBytes,
    back: packets * ACKNOWLEDGEMENTS_PER_PACKET * packetOverheadBytes,
  }
}
