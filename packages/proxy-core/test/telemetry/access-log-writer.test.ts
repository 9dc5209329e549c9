import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ByteSink, createAccessLogWriter } from '../../src/telemetry/access-log-writer.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-access-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the access log writer', () => {
  it('writes after a second, or when a batch is full, or when asked', () => {
    const path = join(folder, 'a.log')
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path, batchLength: 20 }, clock)
    writer.write('one\n')
    clock.advance(999)
    expect(readFileSync(path, 'utf8')).toBe('')
    clock.advance(1)
    expect(readFileSync(path, 'utf8')).toBe('one\n')
    writer.write(`${'x'.repeat(30)}\n`)
    expect(readFileSync(path, 'utf8').length).toBe(35)
    writer.write('two\n')
    writer.flush()
    expect(readFileSync(path, 'utf8')).toMatch(/two\n$/)
    expect(clock.pendingTimers()).toBe(0)
    writer.write('last\n')
    writer.close()
    writer.close()
    writer.write('never\n')
    expect(readFileSync(path, 'utf8')).toMatch(/last\n$/)
  })

  it('appends to what is there', () => {
    const path = join(folder, 'a.log')
    for (const line of ['one\n', 'two\n']) {
      const writer = createAccessLogWriter({ path }, createFakeClock())
      writer.write(line)
      writer.close()
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  })

  it('keeps lines while the sink is stuck, tries again by the clock and not by the line, and drops above its limit', () => {
    const sink = stuckSink()
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path: 'stuck', batchLength: 10, limitLength: 40 }, clock, sink)
    for (let count = 0; count < 10; count++) writer.write('0123456789')
    expect(sink.tries).toBe(1)
    clock.advance(1000)
    expect(sink.tries).toBe(2)
    sink.takes = 1000
    clock.advance(1000)
    expect(sink.text()).toBe('0123456789'.repeat(4))
    writer.write('after it\n')
    writer.close()
    expect(sink.text()).toMatch(/after it\n$/)
  })

  it('breaks no character when the sink takes a part', () => {
    const sink = stuckSink()
    const clock = createFakeClock()
    const writer = createAccessLogWriter({ path: 'slow' }, clock, sink)
    sink.takes = 3
    writer.write('éééé\n')
    for (let turn = 0; turn < 5; turn++) clock.advance(1000)
    expect(sink.text()).toBe('éééé\n')
    expect(clock.pendingTimers()).toBe(0)
  })

  it.skipIf(process.platform !== 'linux')('tells once when the disk is full, and goes on', () => {
    const failures: unknown[] = []
    const writer = createAccessLogWriter(
      { path: '/dev/full', batchLength: 1, onFailed: (error) => failures.push(error) },
      createFakeClock(),
    )
    writer.write('one\n')
    writer.write('two\n')
    writer.close()
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ code: 'ENOSPC' })
  })

  it('says when the file cannot be opened', () => {
    expect(() => createAccessLogWriter({ path: join(folder, 'no', 'such', 'folder') }, createFakeClock())).toThrow('ENOENT')
  })
})

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
