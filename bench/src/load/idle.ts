/** Keep-alive connections that had one request each and stay open. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Credentials } from '../credentials.js'
import { pinned } from '../running.js'
import { processFile } from '../upstream.js'
import { clientTls, http1Request } from './http1.js'

export interface IdleOptions {
  readonly core: number | undefined
  readonly port: number
  readonly connections: number
  /** Undefined: plaintext. */
  readonly credentials: Credentials | undefined
}

export interface IdleConnections {
  readonly errors: number
  /** From the first connection to the last answer, the start of the process included. */
  readonly seconds: number
  close(): Promise<void>
}

/** @throws when the process ends before all connections have their answers. */
export async function openIdle({ core, port, connections, credentials }: IdleOptions): Promise<IdleConnections> {
  const options = JSON.stringify({ port, connections, request: http1Request('GET'), ...(credentials ? clientTls(credentials) : {}) })
  const [program = '', ...args] = pinned(core, [process.execPath, processFile('idle-clients.js'), options])
  const startedAt = process.hrtime.bigint()
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const errors = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => resolve(Number(/^ready (\d+)/m.exec(text)?.[1])))
    ended.then(() => reject(new Error('the idle clients ended before they were ready')), reject)
  })
  return {
    errors,
    seconds: Number(process.hrtime.bigint() - startedAt) / 1e9,
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
