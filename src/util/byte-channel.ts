// The seam between the code that speaks the protocol and whatever carries its bytes: a socket, or memory.

/** What the owner of a channel is told. */
export interface ByteChannelHandler {
  /** Bytes arrived. The handler owns the chunk: the channel never writes to it again. */
  onBytes(chunk: Uint8Array): void
  /** A `write` returned false before, and the channel takes more now. */
  onDrain(): void
  /** The channel is closed, called once and last. `error` is undefined when the peer closed in an orderly way. */
  onClose(error: Error | undefined): void
}

/** A two-way stream of bytes with back-pressure. */
export interface ByteChannel {
  /** Who is at the other end, for logs. */
  readonly peer: string
  /** Starts the delivery of bytes; called once. Nothing is lost that arrived earlier. */
  open(handler: ByteChannelHandler): void
  /**
   * Sends the parts in order. They must stay as they are until `released` is called, which happens exactly once,
   * also when the channel is destroyed: it does not prove that the peer received them.
   * Returns false when the channel holds more than it wants to; it still sends, and calls `onDrain` later.
   */
  write(parts: readonly Uint8Array[], released?: () => void): boolean
  /** Stops the delivery of bytes, so that the peer's sending stalls. */
  pause(): void
  /** Ends a pause. */
  resume(): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once. */
  destroy(error?: Error): void
}
