/**
 * Bytes of a body that wait, in the pieces that they came in. Small ones share a buffer: a body that comes byte by byte
 * (RFC 9113 sets no least size of a DATA frame) would otherwise cost a hundred times its length.
 */

/** Pieces of fewer bytes are put together. */
const smallBytes = 1024
const firstChunkBytes = 1024
const largestChunkBytes = 16_384

export class HeldPieces {
  readonly pieces: Buffer[] = []
  #chunk: Buffer | undefined
  #used = 0

  /** Copies [start, end). */
  append(buffer: Buffer, start: number, end: number): void {
    const size = end - start
    // Most bodies that wait are one piece.
    if (this.pieces.length === 0 || size >= smallBytes) this.pieces.push(Buffer.from(buffer.subarray(start, end)))
    else this.#appendSmall(buffer, start, end)
  }

  #appendSmall(buffer: Buffer, start: number, end: number): void {
    const size = end - start
    const chunk = this.#chunkFor(size)
    const at = this.#used
    buffer.copy(chunk, at, start, end)
    this.#used = at + size
    const last = this.pieces.at(-1)
    const goesOn = last?.buffer === chunk.buffer && last.byteOffset + last.length === at
    if (goesOn) this.pieces[this.pieces.length - 1] = chunk.subarray(last.byteOffset, at + size)
    else this.pieces.push(chunk.subarray(at, at + size))
  }

  #chunkFor(size: number): Buffer {
    const chunk = this.#chunk
    if (chunk !== undefined && chunk.length - this.#used >= size) return chunk
    this.#used = 0
    return (this.#chunk = Buffer.allocUnsafeSlow(chunk === undefined ? firstChunkBytes : Math.min(chunk.length * 2, largestChunkBytes)))
  }
}
