/** Logs that grow too long, with a real program that writes and readers that follow. */
import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@heddle/base/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogTurner, type LogTurner, removeOldLogs, containerLogPath } from '../../src/runtime/container-log-files.js'
import { type LogOptions, readLog } from '../../src/runtime/container-logs.js'
import { textOf } from './runtime-harness.js'

let folder: string
let path: string
let file: number
let logs: LogTurner
let isRunning: boolean
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-logs-'))
  path = join(folder, '0.log')
  file = openSync(path, 'a')
  logs = createLogTurner(100)
  isRunning = true
})
afterEach(() => {
  closeSync(file)
  rmSync(folder, { recursive: true, force: true })
})

const lines = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join('')
const write = (text: string): void => void writeSync(file, text)
const read = (options: LogOptions = {}): AsyncGenerator<Uint8Array> =>
  readLog(path, options, { isRunning: () => isRunning, turns: () => logs.turns(path), clock: systemClock })

describe('a log', () => {
  it('is turned when it is too long, and goes on from nothing in the same file', () => {
    write(lines(1, 10))
    logs.check([path])
    expect(existsSync(`${path}.1`)).toBe(false)
    write(lines(11, 20))
    logs.check([path])
    expect([statSync(path).size, readFileSync(`${path}.1`, 'utf8')]).toEqual([0, lines(1, 20)])
    write(lines(21, 22))
    expect(readFileSync(path, 'utf8')).toBe(lines(21, 22))
    write(lines(23, 40))
    logs.check([path])
    expect(readFileSync(`${path}.1`, 'utf8')).toBe(lines(21, 40))
    expect(existsSync(`${path}.1.new`)).toBe(false)
  })

  it('is read together with what was turned away, also by lines', async () => {
    write(lines(1, 20))
    logs.check([path])
    write(lines(21, 23))
    expect(await textOf(read())).toBe(lines(1, 23))
    expect(await textOf(read({ tailLines: 2 }))).toBe(lines(22, 23))
    expect(await textOf(read({ tailLines: 3 }))).toBe(lines(21, 23))
    expect(await textOf(read({ tailLines: 5 }))).toBe(lines(19, 23))
    expect(await textOf(read({ tailLines: 100 }))).toBe(lines(1, 23))
    expect(await textOf(read({ tailLines: 0 }))).toBe('')
  })

  it('is followed across turns without a gap or a repetition', async () => {
    write(lines(1, 5))
    const follower = read({ follow: true })
    let text = ''
    const until = async (end: string): Promise<void> => {
      while (!text.endsWith(end)) text += Buffer.from((await follower.next()).value as Uint8Array).toString('utf8')
    }
    await until('line 5\n')
    for (let turn = 1; turn <= 3; turn++) {
      write(lines(turn * 20 - 14, turn * 20 + 5))
      logs.check([path])
      expect(logs.turns(path)).toBe(turn)
      // Longer than before the turn, so that a reader by size alone would go on in the middle.
      await until(`line ${turn * 20 + 5}\n`)
    }
    write(lines(66, 67))
    isRunning = false
    await until('line 67\n')
    expect(text).toBe(lines(1, 67))
    expect((await follower.next()).done).toBe(true)
  })

  it('is followed by a reader that was not looking while the log was turned and grew again', async () => {
    write(lines(1, 5))
    const follower = read({ follow: true })
    let text = Buffer.from((await follower.next()).value as Uint8Array).toString('utf8')
    write(lines(6, 20))
    logs.check([path])
    write(lines(21, 32))
    isRunning = false
    for await (const part of follower) text += Buffer.from(part).toString('utf8')
    expect(text).toBe(lines(1, 32))
  })

  it('of a program loses no line but what is written in the moment of a turn', async () => {
    const program = `
      let last = 0, isStopped = false
      const write = () => {
        for (let i = 0; i < 200; i++) require('fs').writeSync(1, 'line ' + ++last + '\\n')
        if (isStopped) require('fs').writeSync(1, 'line ' + ++last + ' is the last\\n')
        else setImmediate(write)
      }
      process.stdin.once('end', () => (isStopped = true)).resume()
      write()`
    const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', file, 'inherit'] })
    let isOver = false
    child.once('exit', () => (isOver = true))
    const big = createLogTurner(10_000)
    const follower = readLog(path, { follow: true }, { isRunning: () => !isOver, turns: () => big.turns(path), clock: systemClock })
    let text = ''
    for await (const part of follower) {
      text += Buffer.from(part).toString('utf8')
      if (big.turns(path) < 3) big.check([path])
      else child.stdin?.end()
    }
    expect(big.turns(path)).toBe(3)
    expect(text).toMatch(/^line 1\n[^]* is the last\n$/)
    const numbers = Array.from(text.matchAll(/^line (\d+)/gm), ([, number]) => Number(number))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(new Set(numbers).size).toBe(numbers.length)
    // What the program wrote between the copy and the emptying is lost, once a turn at most.
    expect(numbers.filter((number, at) => at > 0 && number !== (numbers[at - 1] as number) + 1).length).toBeLessThanOrEqual(3)
    expect(text.includes('\0')).toBe(false)
  })

  it('of the run before the last one is removed', () => {
    const pathOf = (run: number): string => join(folder, 'containers/a/logs', `${run}.log`)
    expect(containerLogPath(folder, 'a', 3)).toBe(pathOf(3))
    for (const run of [1, 2]) {
      mkdirSync(join(folder, 'containers/a/logs'), { recursive: true })
      for (const name of [pathOf(run), `${pathOf(run)}.1`]) writeFileSync(name, '')
    }
    removeOldLogs(folder, 'a', 3)
    expect(readdirSync(join(folder, 'containers/a/logs')).toSorted()).toEqual(['2.log', '2.log.1'])
  })
})
