/**
 * The Huffman code of HPACK (RFC 7541 appendix B). It is canonical: the lengths decide the codes, so the lengths are all
 * that is written here. Decoding goes by four bits at a time through a table that fits the first-level cache.
 */

/** Of the octets 0 to 255 and of EOS, in bits. */
// prettier-ignore
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]
const endOfString = 256

const codes = canonicalCodes()

function canonicalCodes(): Uint32Array {
  const made = new Uint32Array(codeLengths.length)
  let code = 0
  for (let length = 1; length <= 30; length++) {
    code <<= 1
    for (let symbol = 0; symbol < codeLengths.length; symbol++) if (codeLengths[symbol] === length) made[symbol] = code++
  }
  return made
}

/**
 * Four bits from a state: the next state in the low byte, then the marks, then the octet. States are the inner nodes of
 * the code's tree, at most one octet is completed by four bits since no code is shorter than five.
 */
const emits = 0x100
/** The string may end after these bits: what is left of them is padding of ones, shorter than a byte. */
const accepts = 0x200
const fails = 0x400
const symbolShift = 16
const steps = buildSteps()

interface Tree {
  /** Child of each node for a 0 and a 1; a leaf is `-1 - symbol`. */
  readonly children: (readonly [number, number] | [number, number])[]
}

function buildTree(): Tree {
  const children: [number, number][] = [[0, 0]]
  for (let symbol = 0; symbol < codeLengths.length; symbol++) {
    const length = codeLengths[symbol] as number
    let node = 0
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = (((codes[symbol] as number) >>> bit) & 1) as 0 | 1
      const pair = children[node] as [number, number]
      if (bit === 0) pair[side] = -1 - symbol
      else if (pair[side] === 0) {
        pair[side] = children.length
        children.push([0, 0])
      }
      node = pair[side]
    }
  }
  return { children }
}

function buildSteps(): Uint32Array {
  const { children } = buildTree()
  const made = new Uint32Array(children.length * 16)
  const padding = paddingNodes(children)
  for (let state = 0; state < children.length; state++) {
    for (let bits = 0; bits < 16; bits++) made[state * 16 + bits] = stepOf(children, padding, state, bits)
  }
  return made
}

function stepOf(children: Tree['children'], padding: ReadonlySet<number>, state: number, bits: number): number {
  let node = state
  let word = 0
  for (let bit = 3; bit >= 0; bit--) {
    node = children[node]?.[(bits >>> bit) & 1] as number
    if (node >= 0) continue
    const symbol = -1 - node
    if (symbol === endOfString) return fails
    word |= emits | (symbol << symbolShift)
    node = 0
  }
  return word | node | (padding.has(node) ? accepts : 0)
}

/** Nodes that up to seven ones lead to: the beginnings of EOS, which are the only padding (section 5.2). */
function paddingNodes(children: Tree['children']): ReadonlySet<number> {
  const nodes = new Set([0])
  let node = 0
  for (let ones = 1; ones <= 7; ones++) {
    node = children[node]?.[1] as number
    nodes.add(node)
  }
  return nodes
}

/**
 * Decodes [start, end) into `out` from `at` on; `out` must have room for 8/5 of the length.
 * @returns where the text ends; -1 when the string holds EOS, or its padding is too long or not of ones.
 */
export function decodeHuffman(buffer: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const table = steps
  let state = 0
  let last = accepts
  let write = at
  for (let read = start; read < end; read++) {
    const byte = buffer[read] as number
    last = table[(state << 4) | (byte >>> 4)] as number
    if ((last & emits) !== 0) out[write++] = last >>> symbolShift
    if ((last & fails) !== 0) return -1
    last = table[((last & 0xff) << 4) | (byte & 0xf)] as number
    if ((last & emits) !== 0) out[write++] = last >>> symbolShift
    if ((last & fails) !== 0) return -1
    state = last & 0xff
  }
  return (last & accepts) === 0 ? -1 : write
}

/** Bytes of the encoded form of latin1 text. */
export function huffmanLength(text: string): number {
  let bits = 0
  for (let at = 0; at < text.length; at++) bits += codeLengths[text.charCodeAt(at) & 0xff] as number
  return (bits + 7) >>> 3
}

/** Writes latin1 text. @returns where it ends. */
export function encodeHuffman(text: string, out: Uint8Array, at: number): number {
  let write = at
  let pending = 0
  let pendingBits = 0
  for (let read = 0; read < text.length; read++) {
    const octet = text.charCodeAt(read) & 0xff
    let left = codeLengths[octet] as number
    const code = codes[octet] as number
    // Eight bits at a time: a code of 30 bits and seven pending ones would not fit a 32-bit integer.
    while (left > 0) {
      const take = Math.min(8 - pendingBits, left)
      left -= take
      pending = (pending << take) | ((code >>> left) & ((1 << take) - 1))
      pendingBits += take
      if (pendingBits < 8) continue
      out[write++] = pending
      pending = 0
      pendingBits = 0
    }
  }
  if (pendingBits > 0) out[write++] = (pending << (8 - pendingBits)) | (0xff >>> pendingBits)
  return write
}
