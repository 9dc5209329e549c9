import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { ownGenerator, parseWrk } from '../src/load.js'
import { usageOf } from '../src/process-tree.js'
import { freePorts, run, type Running } from '../src/running.js'

const report = `Running 4s test @ http://127.0.0.1:8080/items/42?view=full
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
    expect(parseWrk(report)).toEqual({ requests: 178_210, seconds: 4.1, errors: 15, p50Ms: 0.98, p99Ms: 1020 })
  })

  it('has no errors when none are told', () => {
    expect(parseWrk(report.replace(/.*(Socket errors|Non-2xx).*\n/g, '')).errors).toBe(0)
  })

  it('without a total is an error', () => {
    expect(() => parseWrk('unable to connect')).toThrow('no total')
  })
})

describe.skipIf(process.platform !== 'linux')('our own generator and upstream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-test-'))
  const started: Running[] = []
  afterAll(async () => {
    await Promise.all(started.map((each) => each.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  const upstream = async (answer: string): Promise<{ readonly port: number; readonly running: Running }> => {
    const [port = 0] = await freePorts(1)
    const file = join(folder, `answer-${port}`)
    writeFileSync(file, answer)
    const running = await run(
      [process.execPath, fileURLToPath(new URL('../processes/upstream.js', import.meta.url)), file, String(port)],
      port,
    )
    started.push(running)
    return { port, running }
  }

  it('count requests and the CPU time that they cost', async () => {
    const { port, running } = await upstream('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
    const before = usageOf(running.pid)
    const result = await ownGenerator(undefined).run(port, 1)
    const after = usageOf(running.pid)
    expect(result.requests).toBeGreaterThan(100)
    expect(result.errors).toBe(0)
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms)
    expect(after.cpuNs).toBeGreaterThan(before.cpuNs)
    expect(after.rssBytes).toBeGreaterThan(1 << 20)
  })

  it('count answers that are no success as errors', async () => {
    const { port } = await upstream('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
    const result = await ownGenerator(undefined).run(port, 1)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.errors).toBe(result.requests)
  })

  it('say what a command wrote when it does not listen', async () => {
    const [port = 0] = await freePorts(1)
    await expect(run([process.execPath, '-e', 'console.error("broken"); process.exit(3)'], port)).rejects.toThrow('broken')
    await expect(run(['no-such-program'], port)).rejects.toThrow('ENOENT')
  })
})
