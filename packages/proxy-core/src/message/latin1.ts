/** The text of bytes, one character a byte. `latin1Slice` is Node's own and skips the encoding look-up of `toString`, which shows on the hot path. */

interface Latin1Buffer {
  latin1Slice(start: number, end: number): string
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end)
}
