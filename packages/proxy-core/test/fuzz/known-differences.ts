/**
 * Where the codecs take what Node's parser refuses. Nothing else may be: the fuzzers fail on an accepted message that
 * Node's parser refuses, or reads in another way, unless a line here names it with its reason.
 */
import { METHODS } from 'node:http'
import type { ReadAnswer } from './read-answer.js'
import type { ReadRequest } from './read-requests.js'

export interface KnownDifference<Message> {
  readonly reason: string
  /** @param error Node's code. @param text the whole input as latin1. */
  readonly applies: (message: Message, error: string, text: string) => boolean
}

const nodeMethods = new Set(METHODS)

const blanksBehindFraming: KnownDifference<unknown> = {
  reason:
    'RFC 9110 section 5.5: blanks behind a value are not part of it. The parser of Node 20 refuses them behind Content-Length, and takes ' +
    'them for part of a coding or a connection option; that of 24 does not.',
  applies: (_, error, text) =>
    (error === 'HPE_INVALID_CONTENT_LENGTH' && /content-length:[ \t]*\d+[ \t]+\r\n/i.test(text)) ||
    (error === 'HPE_CLOSED_CONNECTION' && /connection:[^\r]*[ \t]+\r\n/i.test(text)) ||
    /transfer-encoding:[ \t]*chunked[ \t]+\r\n/i.test(text),
}

export const knownRequestDifferences: readonly KnownDifference<ReadRequest>[] = [
  blanksBehindFraming,
  {
    reason:
      'RFC 9112 appendix C.2.2: Proxy-Connection is no field of HTTP. Node obeys `Proxy-Connection: close` and reads nothing behind it; ' +
      'here it is removed, and the requests behind it are framed as ever.',
    applies: (_, error, text) => error === 'HPE_CLOSED_CONNECTION' && /proxy-connection:[^\r]*close/i.test(text),
  },
  {
    reason:
      'RFC 9110 section 7.8: a server may ignore Upgrade, and then the next request follows. Node reads nothing behind such a request, ' +
      'whether or not anybody listens for upgrades.',
    applies: (_, error, text) => error === '' && /connection:[^\r]*upgrade/i.test(text) && /\r\nupgrade:/i.test(text),
  },
  {
    reason:
      'RFC 9110 section 9.1: methods are an open set, and a proxy forwards those that it does not know. Node has a closed list. ' +
      'Ours still have to be tokens in capitals of at most 32 bytes, so none of them hides another request.',
    applies: ({ method }) => !nodeMethods.has(method),
  },
]

export const knownAnswerDifferences: readonly KnownDifference<ReadAnswer>[] = [
  blanksBehindFraming,
  {
    reason:
      'RFC 9110 section 6.5.1: a Content-Length or Transfer-Encoding among the trailers of an answer means nothing. Node cuts the answer; ' +
      'here it is dropped with every trailer that was not declared, and is never merged into the head.',
    applies: (_, error, text) =>
      /^HPE_INVALID_(CONTENT_LENGTH|TRANSFER_ENCODING)$|^HPE_UNEXPECTED_CONTENT_LENGTH$/.test(error) &&
      /\r\n0+(;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*(content-length|transfer-encoding):/i.test(text),
  },
  {
    reason:
      'RFC 9112 section 6.3: an answer without a body (204, 304, interim ones) has no framing that could be wrong; what its fields say is ' +
      'not sent on as framing. Node judges the fields all the same.',
    applies: (_, __, text) => /^HTTP\/1\.\d (204|304|1\d\d)/m.test(text),
  },
]
