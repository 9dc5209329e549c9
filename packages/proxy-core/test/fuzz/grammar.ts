/** Requests from the grammar of RFC 9112, sound or nearly, and mutations of them: the places where parsers have differed come up often. */
import type { Random } from '@heddle/base'

export class Grammar {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** One to three pipelined requests, mutated two times out of three. */
  requests(): string {
    let text = ''
    for (let count = this.#chance(0.7) ? 1 : 2 + this.#below(2); count > 0; count--) text += this.#request()
    return this.#mutated(text)
  }

  /** An answer, behind interim ones now and then, mutated two times out of three. */
  answer(): string {
    let text = ''
    while (this.#chance(0.15)) text += `HTTP/1.1 ${this.#pick(interims)}\r\n\r\n`
    const lines = [`${this.#chance(0.9) ? 'HTTP/1.1' : this.#pick(versions)} ${this.#pick(statuses)}`]
    const body = this.#body(lines)
    this.#addFields(lines)
    return this.#mutated(`${text}${lines.join('\r\n')}\r\n\r\n${body}`)
  }

  #mutated(original: string): string {
    let text = original
    if (this.#chance(0.33)) return text
    for (let count = 1 + this.#below(3); count > 0; count--) text = this.#mutate(text)
    return text
  }

  /** Ascending offsets, sometimes all of them. */
  cuts(length: number): readonly number[] {
    if (length < 2) return []
    if (length < 400 && this.#chance(0.1)) return Array.from({ length: length - 1 }, (_, index) => index + 1)
    const cuts = Array.from({ length: 1 + this.#below(4) }, () => 1 + this.#below(length - 1))
    return cuts.toSorted((a, b) => a - b)
  }

  chance(share: number): boolean {
    return this.#chance(share)
  }

  #request(): string {
    const version = this.#chance(0.9) ? 'HTTP/1.1' : this.#pick(versions)
    const lines = [`${this.#pick(methods)} ${this.#pick(targets)} ${version}`]
    if (this.#chance(0.97)) lines.push(`${this.#pick(hostNames)}: ${this.#chance(0.9) ? 'a' : this.#pick(hosts)}`)
    const body = this.#body(lines)
    this.#addFields(lines)
    return `${lines.join('\r\n')}\r\n\r\n${body}`
  }

  #addFields(lines: string[]): void {
    for (let count = this.#below(4); count > 0; count--) {
      const field = `${this.#pick(names)}:${this.#pick(blanks)}${this.#pick(values)}${this.#pick(endBlanks)}`
      if (this.#chance(0.5)) lines.push(field)
      else lines.splice(1 + this.#below(lines.length), 0, field)
    }
  }

  /** Adds what frames the body. */
  #body(lines: string[]): string {
    const kind = this.#below(10)
    if (kind < 3) return ''
    const size = this.#below(20)
    const data = 'GET / HTTP/1.1\r\nHost: b\r\n\r\n'.slice(0, size)
    if (kind < 6) {
      lines.push(`${this.#pick(lengthNames)}:${this.#pick(blanks)}${this.#chance(0.9) ? data.length : this.#pick(lengths)}`)
      return data
    }
    if (kind === 6) lines.push(`Content-Length: ${data.length}`)
    lines.push(`${this.#pick(codingNames)}:${this.#pick(blanks)}${this.#chance(0.9) ? 'chunked' : this.#pick(codings)}`)
    return this.#chunks(data)
  }

  #chunks(data: string): string {
    let text = ''
    for (let at = 0; at < data.length;) {
      const size = 1 + this.#below(data.length - at)
      text += `${this.#chance(0.9) ? size.toString(16) : `0${size.toString(16).toUpperCase()}`}${this.#chance(0.85) ? '' : this.#pick(extensions)}\r\n`
      text += `${data.slice(at, at + size)}\r\n`
      at += size
    }
    return `${text}0${this.#chance(0.9) ? '' : this.#pick(extensions)}\r\n${this.#chance(0.85) ? '' : `${this.#pick(trailers)}\r\n`}\r\n`
  }

  #mutate(text: string): string {
    const at = this.#below(text.length + 1)
    const length = 1 + this.#below(4)
    switch (this.#below(8)) {
      case 0:
        return text.slice(0, at) + this.#pick(tokens) + text.slice(at)
      case 1:
        return text.slice(0, at) + text.slice(at + length)
      case 2:
        return text.slice(0, at) + this.#pick(tokens) + text.slice(at + 1)
      case 3:
        return text.slice(0, at) + String.fromCharCode(this.#below(256)) + text.slice(at + 1)
      case 4:
        return text.slice(0, at) + text.slice(at, at + length * 8) + text.slice(at)
      case 5:
        return this.#changeLine(text)
      case 6:
        return text.slice(0, at)
      default:
        return text.replace(/\r\n/g, (ending) => (this.#chance(0.15) ? this.#pick(lineEnds) : ending))
    }
  }

  /** Copies, swaps or drops a line, or turns the case of its letters. */
  #changeLine(text: string): string {
    const lines = text.split('\r\n')
    const from = this.#below(lines.length)
    const line = lines[from] as string
    switch (this.#below(4)) {
      case 0:
        lines.splice(this.#below(lines.length), 0, line)
        break
      case 1:
        lines.splice(from, 1)
        break
      case 2:
        lines[from] = this.#chance(0.5) ? line.toUpperCase() : line.toLowerCase()
        break
      default:
        lines.splice(from, 1, lines[this.#below(lines.length)] as string)
    }
    return lines.join('\r\n')
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }
  #chance(share: number): boolean {
    return this.#random.next() < share
  }
  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }
}

const methods = ['GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'M-SEARCH', 'CONNECT', 'TRACE']
const targets = [
  '/',
  '/',
  '/a?b=c',
  '*',
  'http://a/',
  'http://a?x',
  'http://b/',
  '//b/x',
  '/%2e%2e/',
  '/a#b',
  '/\\a',
  'a',
  'a:443',
  '/"<>^`{|}',
]
const versions = ['HTTP/1.0', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.', 'HTTP/11', 'ICY/1.1']
const interims = [
  '100 Continue',
  '102 X',
  '103 Early Hints\r\nLink: </a>',
  '101 Switching Protocols',
  '199 ',
  '100 Continue\r\nContent-Length: 5',
]
const statuses = [
  '200 OK',
  '200 OK',
  '200 OK',
  '200 ',
  '200',
  '204 No Content',
  '304 Not Modified',
  '205 X',
  '404 Not Found',
  '600 X',
  '99 X',
  '2000 X',
  '20 OK',
  ' 200 OK',
  '500 \x80\xff',
  '200 O\x01K',
]
const hostNames = ['Host', 'Host', 'host', 'HOST', 'Host ', 'Hos']
const hosts = ['b', 'a:80', 'a, b', '', 'a b', '[::1]', 'a:99999', 'u@a', 'A', 'a.']
const names = [
  'X',
  'X-Y',
  'Connection',
  'Connection',
  'Upgrade',
  'Expect',
  'TE',
  'Trailer',
  'Keep-Alive',
  'Proxy-Connection',
  'Cookie',
  'X_Y',
  'Content_Length',
  'Transfer_Encoding',
  '__proto__',
  'Content-Length',
  'Transfer-Encoding',
  'Content-Length ',
  'HTTP2-Settings',
]
const values = [
  'v',
  '',
  'close',
  'keep-alive',
  'upgrade',
  'X, close',
  'content-length',
  'transfer-encoding',
  'websocket',
  'h2c',
  '100-continue',
  'trailers',
  'X-T',
  'chunked',
  '0',
  '5',
  '\x80\xff',
  'a\tb',
  '"q"',
]
const blanks = [' ', ' ', ' ', '', '\t', '  ', ' \t', '\x0b', '\r\n ']
const endBlanks = ['', '', '', '', '', ' ', '\t', ' \t ', '\x0c', '\r']
const lengthNames = ['Content-Length', 'Content-Length', 'content-length', 'CONTENT-LENGTH', 'Content_Length', 'Content-Length ']
const lengths = [
  '+5',
  '-5',
  '0x5',
  '05',
  '5 5',
  '5,5',
  '5, 5',
  '',
  '00',
  '1e1',
  '18446744073709551621',
  '9007199254740993',
  '4294967301',
  '5;',
]
const codingNames = [
  'Transfer-Encoding',
  'Transfer-Encoding',
  'transfer-encoding',
  'TRANSFER-ENCODING',
  'Transfer_Encoding',
  'Transfer-Encoding\t',
]
const codings = [
  'CHUNKED',
  'gzip, chunked',
  'chunked, gzip',
  'identity',
  ',chunked',
  'chunked,',
  'xchunked',
  'chunked chunked',
  '"chunked"',
  'chunked;q=1',
  '',
]
const extensions = [';a', ';a=b', ';a="b"', ';a="b;c"', ';', ' ;a', '; a', ';a=', ';a="b', ';a="\\""', ' ', '\t', ';a\tb', ';=b']
const trailers = [
  'X-T: v',
  'X-T: v\r\nX-U: w',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'X-T : v',
  ' X-T: v',
  'X-T',
  ': v',
  'Host: b',
]
const tokens = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '\x0b',
  ':',
  ';',
  ',',
  '\x80',
  '\xff',
  '0',
  '5',
  '_',
  '"',
  '\\',
  '#',
  '-',
  '\x7f',
  'chunked',
  '0\r\n\r\n',
]
const lineEnds = ['\n', '\r', '\r\r\n', '\n\r', '\r\n ', '\r\n\t', '\r\n\r\n']
