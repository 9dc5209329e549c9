/**
 * Buffers for bytes that a socket may not take at once. Reads share one buffer, so what is written from it is copied
 * first; a small stock of such copies keeps the allocator out of the path.
 */
export const writeBufferBytes = 65_536
const maxStock = 64
const stock: Buffer[] = []

export function takeWriteBuffer(): Buffer {
  return stock.pop() ?? Buffer.allocUnsafeSlow(writeBufferBytes)
}

/** @param buffer one that was taken, or its beginning. */
export function giveWriteBuffer(buffer: Buffer): void {
  if (stock.length < maxStock) stock.push(buffer.length === writeBufferBytes ? buffer : Buffer.from(buffer.buffer))
}
