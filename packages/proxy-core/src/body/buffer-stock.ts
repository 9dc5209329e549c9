/**
 * Buffers for bytes on their way to a socket: frames that one turn gathers, and copies of what was read (reads share one
 * buffer) and not taken at once. A small stock keeps the allocator out of the path; who takes a buffer gives it back or
 * gives it away.
 */
export const stockBufferBytes = 65_536
const maxStockBuffers = 64
const stock: Buffer[] = []

export function takeBuffer(): Buffer {
  return stock.pop() ?? Buffer.allocUnsafeSlow(stockBufferBytes)
}

/** @param buffer whole, as it was taken; buffers of other sizes are left to the collector. */
export function giveBuffer(buffer: Buffer): void {
  if (stock.length < maxStockBuffers && buffer.length === stockBufferBytes) stock.push(buffer)
}
