/**
 * The rows of HTTP/2 (`H...`) of the shared list that are frames of a client and nothing else: what is sent behind the
 * preface, and what must become of it.
 */
import { type Fields, headers as HD, instead, many, oddId as odd, u32, without } from '../integration/http2-bytes.js'
import { block, frame, get } from '../integration/http2-peers.js'

export interface Http2Row {
  /** `own`: not a row of the shared list. */
  readonly id: string
  readonly title: string
  readonly frames: () => Buffer
  /** `RST c`, `GOAWAY c`, `END` (answered), `CLOSED`; of any stream. */
  readonly want: RegExp
  /** Whether the upstream may have heard of it. */
  readonly reachesUpstream?: boolean
  /** Whether the client is one at the edge, where less is allowed. */
  readonly isAtEdge?: boolean
}

const base = block(get())
/** A request without a body. */
export const wholeRequest = (streamId: number): Buffer => HD(streamId)
const upload = (path: string, more: Fields = []): Fields => [[':method', 'POST'], ...get(path, more).slice(1)]
const DA = (streamId: number, text = '', flags = 0): Buffer => frame(0, flags, streamId, text)
const WU = (streamId: number, bytes: number): Buffer => frame(8, 0, streamId, u32(bytes))
const RS = (streamId: number): Buffer => frame(3, 0, streamId, u32(8))
const priority = (streamId: number, parent = 0): Buffer => frame(2, 0, streamId, Buffer.concat([u32(parent), Buffer.from([1])]))
const tableSize = (bytes: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.from([0, 1]), u32(bytes)]))
const withBlock = (hex: string): Buffer => frame(1, 5, 1, Buffer.concat([base, Buffer.from(hex, 'hex')]))

const rows: Http2Row[] = []
const served = /^END$/
const refused = /^(RST 1|REFUSED 400|GOAWAY 1)$/
const calm = /^GOAWAY 11$/
const row = (id: string, title: string, want: RegExp, frames: () => Buffer, reachesUpstream = false): void =>
  void rows.push({ id, title, want, frames, reachesUpstream })
/** One request; every variant of a row is one test. */
const heads = (id: string, want: RegExp, variants: readonly (readonly [title: string, fields: Fields])[], ok = false): void =>
  variants.forEach(([title, fields]) => row(id, title, want, () => HD(1, fields), ok))

rows.push({
  id: 'H1',
  title: 'streams that are reset at once',
  want: calm,
  frames: () => many(12_000, (at) => Buffer.concat([HD(odd(at)), RS(odd(at))])),
  reachesUpstream: true,
  isAtEdge: true,
})
row(
  'H3',
  'windows of 0',
  /^(RST 1|GOAWAY (1|11))$/,
  () => many(1000, (at) => Buffer.concat([HD(odd(at), get('/never')), WU(odd(at), 0)])),
  true,
)
row('H4', 'windows too large', /^(RST 3|GOAWAY (3|11))$/, () => Buffer.concat([HD(1, get('/never')), WU(1, 0x7fffffff)]), true)
row('H6', 'HEADERS again', /^(RST 5|GOAWAY (5|11))$/, () => Buffer.concat([HD(1, get('/never')), HD(1)]), true)
row('H7', 'PRIORITY of four bytes', /^RST 6$/, () => Buffer.concat([HD(1, get('/never')), frame(2, 0, 1, u32(0))]), true)
row('H9', 'CONTINUATION x2000', calm, () => Buffer.concat([frame(1, 1, 1, base), many(2000, () => frame(9, 0, 1, block([['x', 'y']])))]))
row('H10', 'empty CONTINUATION x2000', calm, () => Buffer.concat([frame(1, 1, 1, base), many(2000, () => frame(9, 0, 1))]))
row('H17', 'sizes of the table x10000', calm, () => many(10_000, (at) => tableSize(at % 2 === 0 ? 0 : 4096)))
row(
  'H19',
  'DATA of 1 byte x100000',
  /^(END|GOAWAY 11)$/,
  () => Buffer.concat([HD(1, upload('/'), 4), many(99_999, () => DA(1, 'x')), DA(1, 'x', 1)]),
  true,
)
row(
  'H20',
  'padding only',
  calm,
  () => Buffer.concat([HD(1, upload('/never'), 4), many(200, () => frame(0, 8, 1, Buffer.alloc(256, 255)))]),
  true,
)
row('H21', 'PRIORITY on idle streams', calm, () => many(20_000, (at) => priority(odd(at))))
row('H22', 'PRIORITY in a circle', calm, () => many(20_000, (at) => priority(1 + 2 * (at % 3), 1 + 2 * ((at + 1) % 3))))
row('H25', 'the window of the connection', /^GOAWAY 3$/, () => WU(0, 0x7fffffff))
row('H40', '1000 crumbs', /^RST 11$/, () =>
  HD(
    1,
    get(
      '/',
      Array.from({ length: 1000 }, () => ['cookie', 'a'] as const),
    ),
  ),
)
row('H42', 'a table larger than offered', /^GOAWAY 9$/, () => frame(1, 5, 1, Buffer.concat([Buffer.from('3fe21f', 'hex'), base])))
row('H43', 'a change of the table behind a field', /^GOAWAY 9$/, () => withBlock('20'))
for (const hex of ['80', 'ff49']) row('H44', `index ${hex}`, /^GOAWAY 9$/, () => withBlock(hex))
row('H45', 'a number without end', /^GOAWAY 9$/, () => withBlock('ff'.repeat(12)))
row('H46', 'a string longer than the frame', /^GOAWAY 9$/, () => withBlock('000a6162'))
// EOS; eight ones behind `a` and its three; zeros behind `a`.
for (const hex of ['00017884ffffffff', '000178821fff', '0001788118']) row('H47', `Huffman ${hex}`, /^GOAWAY 9$/, () => withBlock(hex))
row('H50', 'an even stream', /^GOAWAY 1$/, () => HD(2))
for (const [title, bytes] of [
  ['DATA', DA(1, 'x')],
  ['RST_STREAM', RS(1)],
  ['WINDOW_UPDATE', WU(1, 1)],
] as const)
  row('H52', `${title} on an idle stream`, /^GOAWAY 1$/, () => bytes)
row('H56', 'a frame of 16,385 bytes', /^GOAWAY 6$/, () => frame(0, 0, 1, Buffer.alloc(16_385)))
row('H60', 'dependence on itself', /^RST 1$/, () => frame(1, 0x25, 1, Buffer.concat([u32(1), Buffer.from([0]), base])))
row('H62', "HEADERS behind the client's reset", /^GOAWAY (5|1)$/, () => Buffer.concat([HD(1, get('/never')), RS(1), HD(1)]), true)
heads(
  'H64',
  /^RST 1$/,
  ['connection: close', 'keep-alive: 1', 'proxy-connection: x', 'upgrade: h2c', 'transfer-encoding: chunked', 'te: gzip'].map((field) => [
    field,
    get('/', [field.split(': ') as [string, string]]),
  ]),
)
heads('H65', served, [['te: trailers', get('/', [['te', 'trailers']])]], true)
heads('H66', /^RST 1$/, [['a length and no body', get('/', [['content-length', '5']])]])
row(
  'H67',
  'a body that is too short',
  /^RST 1$/,
  () => Buffer.concat([HD(1, upload('/never', [['content-length', '10']]), 4), DA(1, 'hello', 1)]),
  true,
)
heads(
  'H70',
  /^RST 1$/,
  ['+0', 'abc', ''].map((value) => [`length ${value}`, get('/', [['content-length', value]])]),
)
heads('H70', /^RST 1$/, [
  [
    'two lengths',
    get('/', [
      ['content-length', '0'],
      ['content-length', '0'],
    ]),
  ],
])
row('H71', 'a body without a length', served, () => Buffer.concat([HD(1, upload('/'), 4), DA(1, 'hello', 1)]), true)
heads(
  'H72',
  /^RST 1$/,
  ['a\r\ny: z', 'a\rb', 'a\nb', 'a\0b', 'a\x01b'].map((value) => [JSON.stringify(value), get('/', [['x', value]])]),
)
heads(
  'H74',
  /^RST 1$/,
  ['x:y', 'x y', 'x\r\ny', '', '\xef'].map((name) => [JSON.stringify(name), get('/', [[name, '1']])]),
)
heads('H75', served, [['obs-text', get('/', [['x', '\x80\xff']])]], true)
heads(
  'H76',
  refused,
  ['', 'hello', '/a b', '/ HTTP/1.1\r\nX: y', '/\0', '*', 'http://evil/'].map((path) => [JSON.stringify(path), get(path)]),
)
heads(
  'H77',
  refused,
  ['/a#b', '/\xc3\xa9'].map((path) => [JSON.stringify(path), get(path)]),
)
heads('H81', served, [['HTTPS', instead(':scheme', 'HTTPS')]], true)
heads(
  'H82',
  refused,
  ['', 'a b', 'a/x', 'a\r\nx: y'].map((name) => [JSON.stringify(name), instead(':authority', name)]),
)
heads(
  'H83',
  refused,
  ['u@a', 'a,b'].map((name) => [name, instead(':authority', name)]),
)
heads('H84', refused, [['another host', get('/', [['host', 'evil']])]])
heads('H85', served, [['one host', [...without(':authority'), ['host', 'a']]]], true)
heads('H85', /^RST 1$/, [['two hosts', [...without(':authority'), ['host', 'a'], ['host', 'a']]]])
heads('H86', /^RST 1$/, [
  ['twice', [...get(), [':path', '/']]],
  ['behind others', [['x', 'y'], ...get()]],
  ['unknown', [[':x', 'y'], ...get()]],
  [':status', [[':status', '200'], ...get()]],
  ['no method', without(':method')],
  ['no path', without(':path')],
])
for (const field of [
  [':path', '/'],
  ['content-length', '1'],
  ['te', 'trailers'],
] as const)
  row('H87', `${field[0]} in trailers`, /^RST 1$/, () => Buffer.concat([HD(1, upload('/never'), 4), DA(1, 'x'), HD(1, [field])]), true)
heads('H88', served, [['__proto__', get('/', [['__proto__', 'x']])]], true)
heads(
  'H89',
  served,
  [
    [
      'crumbs',
      get(
        '/',
        ['a', 'b', 'c'].map((value) => ['cookie', value] as const),
      ),
    ],
  ],
  true,
)

row('H14', 'SETTINGS x40000', calm, () => many(40_000, (at) => tableSize(at % 2 === 0 ? 0 : 4096)))
// One entry of 4 KB, referred to again and again.
row('H38', 'a bomb', /^RST 11$/, () => withBlock(`4001787fa11e${'79'.repeat(4000)}${'be'.repeat(2000)}`))
row('own', 'DATA without content', calm, () => Buffer.concat([HD(1, upload('/never'), 4), many(2000, () => DA(1))]), true)
row('own', 'WINDOW_UPDATE x2000', calm, () => many(2000, () => WU(0, 1)))
row('own', 'more streams than offered, without end', calm, () => many(3000, (at) => HD(odd(at), get('/never'))), true)
row('own', 'PUSH_PROMISE', /^GOAWAY 1$/, () => frame(5, 4, 1, Buffer.concat([u32(2), base])))
row(
  'own',
  'a body that is too long',
  /^RST 1$/,
  () => Buffer.concat([HD(1, upload('/never', [['content-length', '3']]), 4), DA(1, 'hello', 1)]),
  true,
)
heads('own', /^(RST 1|REFUSED( 400)?)$/, [
  ['a value with a blank at its end', get('/', [['x', 'a ']])],
  ['a name with a capital', get('/', [['X-Y', '1']])],
  ['no scheme', without(':scheme')],
  ['no authority and no host', without(':authority')],
  ['a method in small letters', instead(':method', 'get')],
  ['TRACE', instead(':method', 'TRACE')],
  [
    'CONNECT without a port',
    [
      [':method', 'CONNECT'],
      [':authority', 'a'],
    ],
  ],
])

export const http2Rows: readonly Http2Row[] = rows

/** What the upstream must have been sent. */
export const sentUpstream: Readonly<Record<string, RegExp>> = {
  H71: /transfer-encoding: chunked\r\n/i,
  H75: /x: \x80\xff\r\n/,
  H88: /__proto__: x\r\n/,
  H89: /cookie: a; b; c\r\n/i,
}
