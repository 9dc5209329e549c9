/** The method definitions work with @grpc/grpc-js on both sides. */
import { Client, Server, ServerCredentials, credentials, type ServerDuplexStream, type ServerReadableStream } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeCluster } from '../../src/encode.js'
import { encodeDeltaResponse } from '../../src/service/discovery.js'
import { adsDeltaMethod, createCertificateMethod, streamAccessLogsMethod } from '../../src/service/grpc-method.js'
import type { AccessLogBatch, CertificateRequest, CertificateResponse, DeltaRequest, DeltaResponse, HttpLogEntry } from '../../src/index.js'
import { typeUrls } from '../../src/type-url.js'

const cluster = encodeCluster({ name: 'BlackHoleCluster', type: 'STATIC' })
const batches: AccessLogBatch[] = []
const server = new Server()
let client: Client

beforeAll(async () => {
  server.addService(
    { ads: adsDeltaMethod, certificate: createCertificateMethod, logs: streamAccessLogsMethod },
    {
      ads: (call: ServerDuplexStream<DeltaRequest, Uint8Array>) => {
        call.on('data', ({ typeUrl }: DeltaRequest) =>
          call.write(encodeDeltaResponse({ typeUrl, nonce: '1', resources: [cluster], removed: [] })),
        )
        call.on('end', () => call.end())
      },
      certificate: (call: ServerUnaryCall<CertificateRequest, CertificateResponse>, callback: sendUnaryData<CertificateResponse>) => {
        callback(null, { certificateChain: [call.request.csr, String(call.request.validityDurationSeconds)] })
      },
      logs: (call: ServerReadableStream<AccessLogBatch, object>, callback: sendUnaryData<object>) => {
        call.on('data', (batch: AccessLogBatch) => batches.push(batch))
        call.on('end', () => callback(null, {}))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
})

afterAll(() => {
  client.close()
  server.forceShutdown()
})

describe('gRPC methods', () => {
  it('stream discovery responses that were encoded before', async () => {
    const { path, requestSerialize, responseDeserialize } = adsDeltaMethod
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    const response = new Promise<DeltaResponse>((resolve) => stream.once('data', resolve))
    stream.write({ node: { id: 'n' }, typeUrl: typeUrls.cluster, subscribe: ['*'], unsubscribe: [], initialVersions: {} })
    const { resources, nonce } = await response
    stream.end()
    expect(nonce).toBe('1')
    expect(resources.map(({ name, version }) => [name, version])).toEqual([[cluster.name, cluster.version]])
    expect(Buffer.from(resources[0]!.bytes).equals(cluster.bytes)).toBe(true)
  })

  it('ask for a certificate', async () => {
    const { path, requestSerialize, responseDeserialize } = createCertificateMethod
    const chain = await new Promise<CertificateResponse | undefined>((resolve, reject) => {
      const request = { csr: 'PEM', validityDurationSeconds: 86_400, metadata: { A: 'b' } }
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      )
    })
    expect(chain).toEqual({ certificateChain: ['PEM', '86400'] })
  })

  it('stream access records', async () => {
    const entry: HttpLogEntry = {
      kind: 'http',
      startTimeMs: 1_700_000_000_123,
      durationMs: 12,
      protocol: 'HTTP/1.1',
      method: 'GET',
      authority: 'helloworld',
      path: '/api/hello',
      requestBodyBytes: 0,
      responseBodyBytes: 14,
      responseCode: 200,
      responseFlags: ['UC', 'URX'],
      downstreamRemote: { address: '10.0.0.1', port: 40_000 },
      upstreamCluster: 'inbound|8080||',
      tls: { version: 'TLSv1.3', serverName: 's', peerUriSans: ['spiffe://cluster.local/ns/a/sa/b'] },
      tags: { source_workload: 'a' },
    }
    const { path, requestSerialize, responseDeserialize } = streamAccessLogsMethod
    await new Promise<void>((resolve, reject) => {
      const stream = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error) =>
        error === null ? resolve() : reject(error),
      )
      stream.write({ sender: { node: { id: 'n' }, logName: 'http' }, entries: [entry] })
      stream.write({
        entries: [{ kind: 'tcp', startTimeMs: 1, durationMs: 2, receivedBytes: 3, sentBytes: 4, responseFlags: ['NR', 'UAEX'], tags: {} }],
      })
      stream.end()
    })
    expect(batches).toEqual([
      { sender: { node: { id: 'n' }, logName: 'http' }, entries: [entry] },
      {
        entries: [{ kind: 'tcp', startTimeMs: 1, durationMs: 2, receivedBytes: 3, sentBytes: 4, responseFlags: ['NR', 'UAEX'], tags: {} }],
      },
    ])
  })

  it('carry times with fractions of milliseconds in whole nanoseconds', () => {
    const entry = { kind: 'tcp', receivedBytes: 0, sentBytes: 0, responseFlags: [], tags: {} } as const
    const [read] = streamAccessLogsMethod.requestDeserialize(
      streamAccessLogsMethod.requestSerialize({
        entries: [{ ...entry, startTimeMs: 1_700_000_000_123.5, durationMs: 9.978089 }],
      }),
    ).entries
    expect(read?.durationMs).toBeCloseTo(9.978089, 6)
    expect(read?.startTimeMs).toBeCloseTo(1_700_000_000_123.5, 3)
  })
})
