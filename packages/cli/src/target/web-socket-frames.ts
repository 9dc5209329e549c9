/** WebSocket messages (RFC 6455 section 5) from the side of a client: those that it sends are masked, those that it gets are not. */
import { randomBytes } from 'node:crypto'

export const opcode = { continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface Message {
  readonly opcode: number
  readonly payload: Buffer
}

/** The API server sends what one read of a connection gave. */
const maxMessageBytes = 16 * 1024 * 1024

/** One final frame. */
export function writeFrame(code: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const frame = Buffer.alloc(2 + extended + 4 + length)
  frame[0] = 0x80 | code
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) frame.writeUInt16BE(length, 2)
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2)
  const mask = randomBytes(4)
  const start = 2 + extended + 4
  mask.copy(frame, start - 4)
  for (let index = 0; index < length; index++) frame[start + index] = (payload[index] as number) ^ (mask[index & 3] as number)
  return frame
}

/** Takes bytes as they come and gives the whole messages among them; control frames may stand between the parts of one. @throws on what is no such frame */
export function createMessageReader(): (bytes: Uint8Array) => readonly Message[] {
  let held = Buffer.alloc(0)
  let parts: Buffer[] = []
  let partsCode = 0

  const assemble = ({ isFinal, opcode: code, payload }: Frame): Message | undefined => {
    if (code >= 8) return { opcode: code, payload }
    if (code !== opcode.continuation) partsCode = code
    parts.push(payload)
    if (parts.reduce((sum, part) => sum + part.length, 0) > maxMessageBytes) throw new Error('a message is too long')
    if (!isFinal) return undefined
    const message = { opcode: partsCode, payload: Buffer.concat(parts) }
    parts = []
    return message
  }
  return (bytes) => {
    held = Buffer.concat([held, bytes])
    const messages: Message[] = []
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.bytes)
      const message = assemble(frame)
      if (message) messages.push(message)
    }
    return messages
  }
}

interface Frame extends Message {
  readonly isFinal: boolean
  /** Of the frame as a whole. */
  readonly bytes: number
}

/** Undefined while the frame has not come as a whole. */
function readFrame(bytes: Buffer): Frame | undefined {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return undefined
  if ((second & 0x80) !== 0) throw new Error('a frame of the server is masked')
  const short = second & 0x7f
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
  if (bytes.length < start) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (length > maxMessageBytes) throw new Error('a frame is too long')
  const end = start + length
  if (bytes.length < end) return undefined
  return { isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, payload: bytes.subarray(start, end), bytes: end }
}
