/**
 * A second reader of HTTP/1.1 (RFC 9112), written only to judge what a proxy sends: it takes nothing but the canonical
 * form, and names whatever departs from it. It shares no code with the proxy.
 */

export interface WireMessage {
  readonly startLine: string
  /** Of a request. */
  readonly method: string
  readonly target: string
  /** Of an answer; 0 for a request. */
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly trailers: readonly (readonly [name: string, value: string])[]
  readonly framing: 'none' | 'length' | 'chunked' | 'until-close'
}

export type WireReading =
  | { readonly kind: 'message'; readonly message: WireMessage; readonly end: number }
  /** `message` so far, when its head is whole. */
  | { readonly kind: 'more'; readonly message: WireMessage | undefined }
  | { readonly kind: 'fault'; readonly fault: string }

type Field = readonly [name: string, value: string]

const requestLine = /^([A-Z][A-Z0-9_-]*) ([!-"$-~]+) HTTP\/1\.1$/
const statusLine = /^HTTP\/1\.1 ([1-9]\d\d) [\t -~\x80-\xff]*$/
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?|)$/

export function fieldsOf(message: { readonly fields: readonly Field[] }, name: string): readonly string[] {
  return message.fields.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value)
}

/** Reads one message of `text` from `at`. @param requestMethod of the request that an answer is for. */
export function readWireMessage(text: string, at: number, role: 'request' | 'answer', requestMethod = ''): WireReading {
  const headEnd = text.indexOf('\r\n\r\n', at)
  if (headEnd < 0) return { kind: 'more', message: undefined }
  const head = readHead(text.slice(at, headEnd), role, requestMethod)
  if (typeof head === 'string') return { kind: 'fault', fault: head }
  if (head.framing === 'none') return { kind: 'message', message: head, end: headEnd + 4 }
  if (head.framing === 'until-close') return { kind: 'more', message: { ...head, body: text.slice(headEnd + 4) } }
  return head.framing === 'length' ? readLength(text, headEnd + 4, head) : readChunks(text, headEnd + 4, head)
}

/** @returns what is wrong, as text, when it is not canonical. */
function readHead(head: string, role: 'request' | 'answer', requestMethod: string): WireMessage | string {
  const [startLine = '', ...lines] = head.split('\r\n')
  const start = (role === 'request' ? requestLine : statusLine).exec(startLine)
  if (start === null) return `start line ${JSON.stringify(startLine)}`
  const fields: Field[] = []
  for (const line of lines) {
    const field = fieldLine.exec(line)
    if (field === null) return `field line ${JSON.stringify(line)}`
    fields.push([field[1] as string, field[2] as string])
  }
  const [, first = '', second = ''] = start
  const request = role === 'request' ? { method: first, target: second, status: 0 } : { method: '', target: '', status: Number(first) }
  const framing = framingOf(fields, role, role === 'answer' && isBodiless(request.status, requestMethod))
  return typeof framing === 'object' ? framing.fault : { startLine, ...request, fields, body: '', trailers: [], framing }
}

function isBodiless(status: number, requestMethod: string): boolean {
  return status < 200 || status === 204 || status === 304 || requestMethod === 'HEAD'
}

function framingOf(fields: readonly Field[], role: 'request' | 'answer', hasNoBody: boolean): WireMessage['framing'] | { fault: string } {
  const lengths = fieldsOf({ fields }, 'content-length')
  const codings = fieldsOf({ fields }, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return { fault: `${lengths.length} lengths and ${codings.length} codings` }
  if (role === 'request' && fieldsOf({ fields }, 'host').length !== 1) return { fault: 'not exactly one host' }
  if (codings.length > 0 && codings[0] !== 'chunked') return { fault: `transfer-encoding ${JSON.stringify(codings[0])}` }
  if (lengths.length > 0 && !/^(0|[1-9]\d*)$/.test(lengths[0] as string)) return { fault: `content-length ${JSON.stringify(lengths[0])}` }
  if (hasNoBody) return 'none'
  if (codings.length > 0) return 'chunked'
  if (lengths.length > 0) return 'length'
  return role === 'request' ? 'none' : 'until-close'
}

function readLength(text: string, at: number, head: WireMessage): WireReading {
  const end = at + Number(fieldsOf(head, 'content-length')[0])
  const message = { ...head, body: text.slice(at, end) }
  return text.length < end ? { kind: 'more', message } : { kind: 'message', message, end }
}

function readChunks(text: string, start: number, head: WireMessage): WireReading {
  const parts: string[] = []
  for (let at = start; ;) {
    const message = { ...head, body: parts.join('') }
    const line = text.indexOf('\r\n', at)
    if (line < 0) return { kind: 'more', message }
    const size = text.slice(at, line)
    if (!/^(0|[1-9a-f][0-9a-f]*)$/.test(size)) return { kind: 'fault', fault: `chunk line ${JSON.stringify(size)}` }
    const end = line + 2 + Number.parseInt(size, 16)
    if (size === '0') return readTrailers(text, line + 2, message)
    if (text.length < end + 2) return { kind: 'more', message }
    if (text.slice(end, end + 2) !== '\r\n') return { kind: 'fault', fault: 'no CRLF after a chunk' }
    parts.push(text.slice(line + 2, end))
    at = end + 2
  }
}

function readTrailers(text: string, at: number, message: WireMessage): WireReading {
  const trailers: Field[] = []
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return { kind: 'more', message }
    if (line === at) return { kind: 'message', message: { ...message, trailers }, end: line + 2 }
    const field = fieldLine.exec(text.slice(at, line))
    if (field === null) return { kind: 'fault', fault: `trailer line ${JSON.stringify(text.slice(at, line))}` }
    trailers.push([field[1] as string, field[2] as string])
    at = line + 2
  }
}
