import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCredentials } from '../src/credentials.js'
import { clientTls, http1Rate, ownHttp1Load, parseWrk } from '../src/load/http1.js'
import { ownHttp2Load, parseH2load } from '../src/load/http2.js'
import { openIdle } from '../src/load/idle.js'
import { runOwn } from '../src/load/load.js'
import { bulkLoad, echoLoad } from '../src/load/tcp.js'
import { usageOf } from '../src/process-tree.js'
import { freePorts, run, type Running } from '../src/running.js'
import { bodyUpstream, ownHttp2Upstream, processFile, tcpUpstream, type Upstream } from '../src/upstream.js'

const wrkReport = `Running 4s test @ http://127.0.0.1:8080/items/42?view=full
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.49ms    1.02ms  21.90ms   93.10%
    Req/Sec    44.52k     2.10k   47.00k    80.00%
  Latency Distribution
     50%  980.00us
     75%    1.50ms
     90%    2.20ms
     99%    1.02s
  178210 requests in 4.10s, 228.63MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:  43465.85
Transfer/sec:     55.76MB
`

describe("wrk's report", () => {
  it('gives requests, time, latency in milliseconds, and all errors', () => {
    expect(parseWrk(wrkReport)).toEqual({ requests: 178_210, seconds: 4.1, errors: 15, p50Ms: 0.98, p99Ms: 1020 })
  })

  it('has no errors when none are told', () => {
    expect(parseWrk(wrkReport.replace(/.*(Socket errors|Non-2xx).*\n/g, '')).errors).toBe(0)
  })

  it('without a total is an error', () => {
    expect(() => parseWrk('unable to connect')).toThrow('no total')
  })
})

describe("h2load's report", () => {
  const report = `finished in 2.00s, 2000.00 req/s, 2.55MB/s
requests: 4010 total, 4010 started, 4000 done, 3990 succeeded, 10 failed, 4 errored, 0 timeout
status codes: 3990 2xx, 0 3xx, 0 4xx, 10 5xx
`
  const log = Array.from({ length: 100 }, (_, index) => `1700000000000000\t200\t${(index + 1) * 100}\t7\n`).join('')

  it('gives what succeeded, what failed, and latencies from its log', () => {
    expect(parseH2load(report, log)).toEqual({ requests: 3990, seconds: 2, errors: 10, p50Ms: 5.1, p99Ms: 10 })
  })

  it('has no latency without a log, and without totals is an error', () => {
    expect(parseH2load(report, '')).toMatchObject({ p50Ms: null, p99Ms: null })
    expect(() => parseH2load('connection refused', log)).toThrow('no totals')
  })
})

describe.skipIf(process.platform !== 'linux')('our own generators and upstreams', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-test-'))
  const started: Running[] = []
  afterAll(async () => {
    await Promise.all(started.map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  const startUpstream = async (
    command: (port: number) => readonly string[],
  ): Promise<{ readonly port: number; readonly running: Running }> => {
    const [port = 0] = await freePorts(1)
    const running = await run(command(port), port)
    started.push(running)
    return { port, running }
  }
  const fixedAnswer = (answer: string) =>
    startUpstream((port) => {
      const file = join(folder, `answer-${port}`)
      writeFileSync(file, answer)
      return [process.execPath, processFile('upstream.js'), file, String(port)]
    })
  const start = (upstream: Upstream) => startUpstream((port) => upstream.command(folder, [port]))
  const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

  it('count requests and the CPU time that they cost', async () => {
    const { port, running } = await fixedAnswer(hello)
    const before = usageOf(running.pid)
    const result = await ownHttp1Load({ core: undefined }).run(port, 0.5)
    const after = usageOf(running.pid)
    expect(result.requests).toBeGreaterThan(50)
    expect(result.errors).toBe(0)
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms as number)
    expect(after.cpuNs).toBeGreaterThan(before.cpuNs)
    expect(after.rssBytes).toBeGreaterThan(1 << 20)
  })

  it('count answers that are no success as errors', async () => {
    const { port } = await fixedAnswer('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
    const result = await ownHttp1Load({ core: undefined }).run(port, 0.2)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.errors).toBe(result.requests)
  })

  it('send at the rate that was asked, whatever comes back', async () => {
    const { port } = await fixedAnswer(hello)
    expect(await http1Rate(undefined, 200).run(port, 0.5)).toMatchObject({ requests: 100, errors: 0 })
  })

  it('send and read bodies', async () => {
    const { port } = await start(bodyUpstream)
    const result = await ownHttp1Load({ core: undefined, connections: 2, bodyBytes: 1 << 20 }).run(port, 0.3)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.errors).toBe(0)
  })

  it('speak HTTP/2 and gRPC', async () => {
    const { port } = await start(ownHttp2Upstream)
    const [plain, calls] = await Promise.all([
      ownHttp2Load({ core: undefined, kind: 'get' }).run(port, 1),
      ownHttp2Load({ core: undefined, kind: 'grpc' }).run(port, 1),
    ])
    expect([plain.errors, calls.errors]).toEqual([0, 0])
    expect(plain.requests).toBeGreaterThan(0)
    expect(calls.requests).toBeGreaterThan(0)
  })

  it('measure bulk in megabytes, and echo in messages', async () => {
    const { port } = await start(tcpUpstream)
    const bulk = await bulkLoad(undefined).run(port, 0.3)
    expect(bulk).toMatchObject({ errors: 0, p50Ms: null })
    expect(bulk.requests).toBeGreaterThan(1)
    const echo = await echoLoad(undefined).run(port, 0.3)
    expect(echo.errors).toBe(0)
    expect(echo.requests).toBeGreaterThan(64)
  })

  it('hold connections open that had one answer each', async () => {
    const { port } = await fixedAnswer(hello)
    const idle = await openIdle({ core: undefined, port, connections: 40, credentials: undefined })
    expect(idle.errors).toBe(0)
    await idle.close()
  })

  it('count handshakes that fail', async () => {
    const [port = 0] = await freePorts(1)
    const options = { port, connections: 1, seconds: 0.2, request: '', isResumed: false, ...clientTls(createCredentials(folder)) }
    const result = await runOwn(undefined, 'handshake-generator.js', options)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.errors).toBe(result.requests)
  })

  it('say what a command wrote when it does not listen', async () => {
    const [port = 0] = await freePorts(1)
    await expect(run([process.execPath, '-e', 'console.error("broken"); process.exit(3)'], port)).rejects.toThrow('broken')
    await expect(run(['no-such-program'], port)).rejects.toThrow('ENOENT')
  })
})
