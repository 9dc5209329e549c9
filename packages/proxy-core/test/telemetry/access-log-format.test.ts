import { isHeddleError } from '@heddle/base'
import type { FileAccessLog, MetadataStruct } from '@heddle/routing'
import { describe, expect, it } from 'vitest'
import type { DecisionRecord } from '../../src/decision-record.js'
import { responseFlagBits } from '../../src/response-flag.js'
import { compileAccessLogFormat } from '../../src/telemetry/access-log-format.js'
import { LogBytes } from '../../src/telemetry/log-bytes.js'
import { connection, connectionRecord, mutualTls, requestRecord } from './records.js'

const istioText =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

function compile(format: FileAccessLog['format']): (record: DecisionRecord) => string {
  const print = compileAccessLogFormat(format)
  return (record) => {
    const line = new LogBytes(16)
    print(record, line)
    return line.view().toString('utf8')
  }
}

const text = (format: string, record: DecisionRecord): string => compile({ kind: 'text', text: format })(record)
const json = (fields: MetadataStruct, record: DecisionRecord): unknown => JSON.parse(compile({ kind: 'json', fields })(record))

describe("Istio's default access log line", () => {
  it('tells a request', () => {
    const record = requestRecord({}, { request: { 'user-agent': 'curl/8' } })
    expect(text(istioText, record)).toBe(
      '[2026-01-02T03:04:05.067Z] "GET /a?b=c HTTP/1.1" 200 - via_upstream - "-" 12 345 5 4 "-" "curl/8" "11111111-2222-4333-8444-555555555555" "reviews" "127.1.0.3:8080" outbound|80||reviews.default.svc.cluster.local 127.1.0.2:40001 127.1.128.1:80 127.1.0.2:40000 - -\n',
    )
  })

  it('tells the path as it came when the route rewrote it', () => {
    const record = requestRecord({ upstreamPath: '/new' }, { request: { 'x-envoy-original-path': '/a?b=c' } })
    expect(text('%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(:PATH)%', record)).toBe('/a?b=c /new')
  })

  it('tells a refused connection', () => {
    const record = connectionRecord({
      responseFlags: responseFlagBits.NR,
      responseCodeDetails: 'filter_chain_not_found',
      clusterName: undefined,
      cluster: undefined,
      upstream: undefined,
      upstreamHost: undefined,
      bytesReceived: 0,
      bytesSent: 0,
    })
    expect(text(istioText, record)).toBe(
      '[1970-01-01T00:00:00.000Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 10 - "-" "-" "-" "-" "-" - - 127.1.128.1:80 127.1.0.2:40000 - -\n',
    )
  })
})

describe('the access log language', () => {
  it('writes each line anew in what has changed, whatever stood in the lines before, for requests and connections in turn', () => {
    const print = compile({ kind: 'text', text: '%UPSTREAM_CLUSTER_RAW% %RESPONSE_CODE% %PROTOCOL% %DURATION% %BYTES_SENT%' })
    for (let turn = 0; turn < 60; turn++) {
      const [clusterName, code] = [`c${turn % 7}`, 200 + (turn % 2)]
      const line = `${clusterName} ${code} HTTP/1.1 5 ${turn % 3}`
      expect(print(requestRecord({ clusterName, responseCode: code, bytesSent: turn % 3 }))).toBe(line)
      if (turn % 5 === 0) expect(print(connectionRecord({ clusterName, bytesSent: turn }))).toBe(`${clusterName} 0 - 10 ${turn}`)
    }
  })

  it('writes JSON with numbers bare, missing values null, and mixtures as text', () => {
    const fields = {
      code: '%RESPONSE_CODE%',
      flags: '%RESPONSE_FLAGS%',
      route: '%ROUTE_NAME%',
      mix: '%REQ(:METHOD)% %ROUTE_NAME%',
      fixed: true,
      nested: { bytes: '%BYTES_SENT%', list: ['%PROTOCOL%', 1] },
    }
    expect(json(fields, requestRecord({ responseFlags: responseFlagBits.UF | responseFlagBits.URX }))).toEqual({
      code: 200,
      flags: 'UF,URX',
      route: null,
      mix: 'GET -',
      fixed: true,
      nested: { bytes: 345, list: ['HTTP/1.1', 1] },
    })
  })

  it('writes each record with its own values, and an empty struct as one', () => {
    const format = compile({ kind: 'json', fields: { code: '%RESPONSE_CODE%', method: '%REQ(:METHOD)%' } })
    const lines = [200, 200, 503].map((responseCode, index) => format(requestRecord({ responseCode, method: index === 1 ? 'PUT' : 'GET' })))
    expect(lines).toEqual(['{"code":200,"method":"GET"}\n', '{"code":200,"method":"PUT"}\n', '{"code":503,"method":"GET"}\n'])
    expect(format(connectionRecord())).toBe('{"code":0,"method":null}\n')
    expect(json({}, requestRecord())).toEqual({})
  })

  it('keeps JSON and one line whatever a client sends', () => {
    const nasty = 'a"\\\u0001\u00e9\u007f\n{'
    const format = compile({ kind: 'json', fields: { 'k"': '%REQ(X)%', m: 'p"%REQ(X)%' } })
    const line = format(requestRecord({}, { request: { x: nasty } }))
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({ 'k"': nasty, m: `p"${nasty}` })
  })

  it('takes the first header that is there, cuts at the length, and drops the query when asked', () => {
    const record = requestRecord({}, { request: { b: 'second', c: '' }, response: { server: 'nginx' } })
    expect(text('%REQ(A?B)% %REQ(C?B):3% %RESP(SERVER)% %REQ_WITHOUT_QUERY(:PATH)% %RESP(X)%', record)).toBe('second sec nginx /a -')
  })

  it('tells TLS peers and IPv6 addresses', () => {
    const tls = mutualTls('spiffe://td/ns/a/sa/b')
    const record = requestRecord({ connection: connection({ tls, remoteAddress: '::1', requestedServerName: 'a.example' }) })
    expect(text('%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_TLS_VERSION% %REQUESTED_SERVER_NAME% %DOWNSTREAM_REMOTE_ADDRESS%', record)).toBe(
      'spiffe://td/ns/a/sa/b TLSv1.3 a.example [::1]:40000',
    )
  })

  it('writes the start time as asked and per cent signs as they are', () => {
    expect(text('%START_TIME(%Y/%m/%d %H:%M:%S.%3f)% 100%%', requestRecord())).toBe('2026/01/02 03:04:05.067 100%')
  })

  it.each(['%NOT_THERE%', '%REQ%', '%PROTOCOL(X)%', 'a % b', '%lower%', '%START_TIME(%Q)%'])('refuses %s', (format) => {
    let thrown: unknown
    try {
      compileAccessLogFormat({ kind: 'text', text: format })
    } catch (error) {
      thrown = error
    }
    expect(isHeddleError(thrown) && thrown.code).toBe('HEDDLE_ACCESS_LOG_FORMAT')
  })
})

it('writes characters beyond ASCII as UTF-8, and numbers of any size', () => {
  const record = requestRecord({ bytesSent: 12_345_678_901 }, { request: { x: 'é€\u0001' } })
  expect(text('%REQ(X)% %BYTES_SENT% %REQ(X)%', record)).toBe('é€\u0001 12345678901 é€\u0001')
  expect(json({ x: '%REQ(X)%', sent: '%BYTES_SENT%' }, record)).toEqual({ x: 'é€\u0001', sent: 12_345_678_901 })
})

it('keeps no value of a record for the next', () => {
  const format = compile({ kind: 'json', fields: { route: '%ROUTE_NAME%', path: '%REQ(:PATH)%', agent: '%REQ(USER-AGENT)%', end: 'x' } })
  const first = requestRecord({ upstreamPath: '/a' }, { request: { 'user-agent': 'one' } })
  const second = requestRecord({ upstreamPath: '/b' }, { request: {} })
  expect(format(first)).toBe('{"route":null,"path":"/a","agent":"one","end":"x"}\n')
  expect(format(second)).toBe('{"route":null,"path":"/b","agent":null,"end":"x"}\n')
  expect(format(first)).toBe('{"route":null,"path":"/a","agent":"one","end":"x"}\n')
})

it('names the client that x-forwarded-for tells of, with port 0', () => {
  const format = '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'
  const { remoteAddress, remotePort } = requestRecord().connection
  expect(text(format, requestRecord({ clientAddress: '192.0.2.7' }))).toBe('192.0.2.7:0 192.0.2.7')
  expect(text(format, requestRecord({ clientAddress: remoteAddress }))).toBe(`${remoteAddress}:${remotePort} ${remoteAddress}`)
})
