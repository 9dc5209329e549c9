/** The limits of HTTP/1.1 messages, each exactly reached and passed by one: at an edge, in the mesh, and for answers. */
import { describe, expect, test } from 'vitest'
import { Http1ServerConnection } from '../../src/codec/http1/server-connection.js'
import type { ServerConnectionOwner } from '../../src/codec/http1/server-connection-owner.js'
import { edgeLimits, meshLimits } from '../../src/connection/limits.js'
import { MemoryChannel } from '../fuzz/memory-channel.js'
import { readAnswer } from '../fuzz/read-answer.js'
import { readRequests } from '../fuzz/read-requests.js'

const places = [
  { place: 'edge', limits: edgeLimits },
  { place: 'mesh', limits: meshLimits },
] as const
const head = 'GET / HTTP/1.1\r\nHost: a\r\n'
const post = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

/** 200 for a request that was served whole, else the refusal; 'broken' for a body. */
function outcome(text: string, limits = meshLimits): number | string {
  const { requests, refusal, ended } = readRequests(Buffer.from(text, 'latin1'), [], false, limits)
  if (refusal !== 0) return ended ? refusal : 'refused, but open'
  return requests[0]?.state === 'whole' ? 200 : (requests[0]?.state ?? 'none')
}

/** Fields of at most `each` bytes with their CRLF, `total` bytes together. */
function padding(total: number, each: number): string {
  let text = ''
  for (let left = total; left > 0;) {
    const size = left > each && left - each < 6 ? left - 6 : Math.min(left, each)
    text += `P: ${'p'.repeat(size - 5)}\r\n`
    left -= size
  }
  return text
}

describe.each(places)('a request at the $place', ({ limits }) => {
  const { maxHeadBytes, maxFields, maxFieldBytes, maxTargetBytes } = limits.head

  test('limit maxHeadBytes: the whole head', () => {
    const rest = maxHeadBytes - head.length - 2
    expect(outcome(`${head}${padding(rest, 8000)}\r\n`, limits)).toBe(200)
    expect(outcome(`${head}${padding(rest + 1, 8000)}\r\n`, limits)).toBe(431)
  })

  test('limit maxFields: a hundred fields', () => {
    expect(maxFields).toBe(100)
    expect(outcome(`${head}${'H: v\r\n'.repeat(maxFields - 1)}\r\n`, limits)).toBe(200)
    expect(outcome(`${head}${'H: v\r\n'.repeat(maxFields)}\r\n`, limits)).toBe(431)
  })

  test('limit maxFieldBytes: one field', () => {
    expect(outcome(`${head}X: ${'x'.repeat(maxFieldBytes - 3)}\r\n\r\n`, limits)).toBe(200)
    expect(outcome(`${head}X: ${'x'.repeat(maxFieldBytes - 2)}\r\n\r\n`, limits)).toBe(431)
  })

  test('limit maxTargetBytes: the target', () => {
    const target = (size: number): string => head.replace('/ ', `/${'t'.repeat(size - 1)} `)
    expect(outcome(`${target(maxTargetBytes)}\r\n`, limits)).toBe(200)
    expect(outcome(`${target(maxTargetBytes + 1)}\r\n`, limits)).toBe(414)
  })

  test('limit maxMethodBytes: the method', () => {
    expect(outcome(`${head.replace('GET', 'M'.repeat(32))}\r\n`, limits)).toBe(200)
    expect(outcome(`${head.replace('GET', 'M'.repeat(33))}\r\n`, limits)).toBe(400)
  })

  test('limit maxAuthorityBytes: host and port', () => {
    expect(outcome(`${head.replace('Host: a', `Host: ${'h'.repeat(255)}`)}\r\n`, limits)).toBe(200)
    expect(outcome(`${head.replace('Host: a', `Host: ${'h'.repeat(256)}`)}\r\n`, limits)).toBe(400)
  })

  test('limit maxConnectionTokens: connection options', () => {
    const options = (count: number): string => Array.from({ length: count }, (_, index) => `x${index}`).join(',')
    expect(outcome(`${head}Connection: ${options(32)}\r\n\r\n`, limits)).toBe(200)
    expect(outcome(`${head}Connection: ${options(33)}\r\n\r\n`, limits)).toBe(400)
  })

  test('limit maxLengthDigits: digits of a length', () => {
    const post5 = (digits: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${'5'.padStart(digits, '0')}\r\n\r\nhello`
    expect(outcome(post5(16), limits)).toBe(200)
    expect(outcome(post5(17), limits)).toBe(400)
  })
})

describe('a chunked body', () => {
  test('limit maxLineBytes: the line of a chunk, extensions included', () => {
    expect(outcome(`${post}1;${'a'.repeat(253)}\r\nx\r\n0\r\n\r\n`)).toBe(200)
    expect(outcome(`${post}1;${'a'.repeat(256)}\r\nx\r\n0\r\n\r\n`)).toBe('broken')
  })

  test('limit maxExtensionBytes: all extensions of a body together', () => {
    // Every line adds what stands behind its semicolon, the CR included.
    const lines = (count: number): string => `1;${'a'.repeat(63)}\r\nx\r\n`.repeat(count)
    expect(outcome(`${post}${lines(64)}0\r\n\r\n`)).toBe(200)
    expect(outcome(`${post}${lines(64)}1;a\r\nx\r\n0\r\n\r\n`)).toBe('broken')
  })

  test('limit maxSizeDigits: digits of a size', () => {
    expect(outcome(`${post}${'1'.padStart(16, '0')}\r\nx\r\n0\r\n\r\n`)).toBe(200)
    expect(outcome(`${post}${'1'.padStart(17, '0')}\r\nx\r\n0\r\n\r\n`)).toBe('broken')
  })

  test('limit maxHeadBytes: the trailers, counted with the line that the parser reads in front of them', () => {
    const trailers = (size: number): string => `${post}1\r\nx\r\n0\r\n${padding(size - 2, 4000)}\r\n`
    expect(outcome(trailers(8192 - 'HTTP/1.1 200 \r\n'.length))).toBe(200)
    expect(outcome(trailers(8192 + 1))).toBe('broken')
  })

  test('limit maxFields: fields of the trailers', () => {
    expect(outcome(`${post}0\r\n${'T: v\r\n'.repeat(32)}\r\n`)).toBe(200)
    expect(outcome(`${post}0\r\n${'T: v\r\n'.repeat(33)}\r\n`)).toBe('broken')
  })
})

describe('an answer', () => {
  const answer = (fields: string, before = ''): string => {
    const text = `${before}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${fields}\r\n`
    return readAnswer('GET', Buffer.from(text, 'latin1'), [], false).state
  }

  test('limit maxFields: two hundred fields', () => {
    expect(answer('H: v\r\n'.repeat(199))).toBe('whole')
    expect(answer('H: v\r\n'.repeat(200))).toBe('broken')
  })

  test('limit maxHeadBytes: the whole head', () => {
    const rest = 65_536 - 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'.length
    expect(answer(padding(rest, 30_000))).toBe('whole')
    expect(answer(padding(rest + 1, 30_000))).toBe('broken')
  })

  test('limit maxInformational: interim answers', () => {
    expect(answer('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(8))).toBe('whole')
    expect(answer('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9))).toBe('broken')
  })
})

test('limit maxPipelinedBytes: requests that wait', () => {
  const channel = new MemoryChannel()
  const owner = {
    onRequest: () => new Proxy({}, { get: () => () => {} }),
    onPhase: () => {},
    acceptsUpgrade: () => false,
    shouldClose: () => false,
  } as unknown as ServerConnectionOwner
  const codec = { limits: meshLimits.head, rejectUnderscores: false, forwardProxy: false, acceptsConnect: false, refusesHttp10: false }
  const connection = new Http1ServerConnection(channel, owner, { ...codec, defaultHost: undefined })
  channel.handler = connection
  const request = Buffer.from(`${head}\r\n`)
  connection.onData(request, 0, request.length)
  // Reading pauses at the half, so that what the socket has already read still fits.
  connection.onData(Buffer.alloc(32_768, 'x'), 0, 32_768)
  expect(channel.paused).toBe(false)
  connection.onData(Buffer.alloc(1, 'x'), 0, 1)
  expect(channel.paused).toBe(true)
})
