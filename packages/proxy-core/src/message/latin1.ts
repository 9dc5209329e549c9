/** The text of bytes, one character a byte. These are Node's own and skip the encoding look-up of `toString` and `write`, which shows on the hot path. */

interface Latin1Buffer {
  latin1Slice(start: number, end: number): string
  latin1Write(text: string, at: number, length: number): number
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end)
}

export function writeLatin1(text: string, buffer: Buffer, at: number): void {
  ;(buffer as unknown as Latin1Buffer).latin1Write(text, at, text.length)
}
