import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AccessLogWriter, type ByteSink, createAccessLogWriter } from '../../src/telemetry/access-log-writer.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-access-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the access log writer', () => {
  it('writes after a second, or when a batch is full, or when asked', () => {
    const path = join(folder, 'a.log')
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path, batchBytes: 20 }, clock)
    put(writer, 'one\n')
    clock.advance(999)
    expect(readFileSync(path, 'utf8')).toBe('')
    clock.advance(1)
    expect(readFileSync(path, 'utf8')).toBe('one\n')
    put(writer, `${'x'.repeat(30)}\n`)
    expect(readFileSync(path, 'utf8').length).toBe(35)
    put(writer, 'two\n')
    writer.flush()
    expect(readFileSync(path, 'utf8')).toMatch(/two\n$/)
    expect(clock.pendingTimers()).toBe(0)
    put(writer, 'last\n')
    writer.close()
    writer.close()
    put(writer, 'never\n')
    expect(readFileSync(path, 'utf8')).toMatch(/last\n$/)
  })

  it('appends to what is there', () => {
    const path = join(folder, 'a.log')
    for (const line of ['one\n', 'two\n']) {
      const writer = createAccessLogWriter({ path }, createFakeClock())
      put(writer, line)
      writer.close()
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  })

  it('keeps lines while the sink is stuck, tries again by the clock and not by the line, and drops above its limit', () => {
    const sink = stuckSink()
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path: 'stuck', batchBytes: 10, limitBytes: 40 }, clock, sink)
    for (let count = 0; count < 10; count++) put(writer, '0123456789')
    expect(sink.tries).toBe(1)
    clock.advance(1000)
    expect(sink.tries).toBe(2)
    sink.takes = 1000
    clock.advance(1000)
    expect(sink.text()).toBe('0123456789'.repeat(4))
    put(writer, 'after it\n')
    writer.close()
    expect(sink.text()).toMatch(/after it\n$/)
  })

  it('breaks no character when the sink takes a part', () => {
    const sink = stuckSink()
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path: 'slow' }, clock, sink)
    sink.takes = 3
    put(writer, 'éééé\n')
    for (let turn = 0; turn < 5; turn++) clock.advance(1000)
    expect(sink.text()).toBe('éééé\n')
    expect(clock.pendingTimers()).toBe(0)
  })

  it.skipIf(process.platform !== 'linux')('tells once when the disk is full, and goes on', () => {
    const failures: unknown[] = []
    const writer = createAccessLogWriter({ path: '/dev/full', batchBytes: 1, onFailed: (error) => failures.push(error) }, createFakeClock())
    put(writer, 'one\n')
    put(writer, 'two\n')
    writer.close()
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ code: 'ENOSPC' })
  })

  it('says when the file cannot be opened', () => {
    expect(() => createAccessLogWriter({ path: join(folder, 'no', 'such', 'folder') }, createFakeClock())).toThrow('ENOENT')
  })
})

it('takes away a line that was begun and not ended', () => {
  const sink = stuckSink()
  sink.takes = 1000
  const writer = createAccessLogWriter({ path: 'torn' }, createFakeClock(), sink)
  put(writer, 'whole\n')
  writer.beginLine()?.text('to')
  put(writer, 'next\n')
  writer.beginLine()?.text('rn')
  writer.close()
  expect(sink.text()).toBe('whole\nnext\n')
})

function put(writer: AccessLogWriter, line: string): void {
  const bytes = writer.beginLine()
  if (bytes === undefined) return
  bytes.text(line)
  writer.endLine()
}

interface StuckSink extends ByteSink {
  takes: number
  tries: number
  text(): string
}

/** Takes so many bytes a write; none: EAGAIN, as a full pipe says. */
function stuckSink(): StuckSink {
  const taken: Buffer[] = []
  return {
    takes: 0,
    tries: 0,
    write(bytes) {
      this.tries++
      if (this.takes === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
      const part = Buffer.from(bytes.subarray(0, this.takes))
      taken.push(part)
      return part.length
    },
    close: () => {},
    text: () => Buffer.concat(taken).toString('utf8'),
  }
}
