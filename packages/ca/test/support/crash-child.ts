/** Runs an authority's first start and one whole rotation, and kills its own process before the n-th call to the file system. */
import fileSystem from 'node:fs/promises'
import { createCa, createFileCaStore } from '../../src/index.js'

const [directory = '', limit = '0'] = process.argv.slice(2)
let calls = 0

function count(): void {
  calls++
  if (calls === Number(limit)) process.kill(process.pid, 'SIGKILL')
}

const target = fileSystem as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>
for (const name of ['mkdir', 'stat', 'open', 'rm', 'rename', 'link', 'writeFile']) {
  const original = target[name] as (...parameters: unknown[]) => Promise<unknown>
  target[name] = async (...parameters) => {
    count()
    const result = await original(...parameters)
    if (name === 'open') watchHandle(result as Record<string, (...parameters: unknown[]) => Promise<unknown>>)
    return result
  }
}

function watchHandle(handle: Record<string, (...parameters: unknown[]) => Promise<unknown>>): void {
  for (const name of ['writeFile', 'sync']) {
    const original = (handle[name] as (...parameters: unknown[]) => Promise<unknown>).bind(handle)
    handle[name] = (...parameters) => {
      count()
      return original(...parameters)
    }
  }
}

const ca = await createCa({ trustDomain: 'cluster.local', store: createFileCaStore({ directory }) })
const announce = (step: string): void => {
  const roots = ca.bundle().roots.map(({ fingerprint, phase }) => `${fingerprint} ${phase}`)
  process.stdout.write(`${JSON.stringify({ step, roots })}\n`)
}
const old = ca.bundle().roots[0]?.fingerprint ?? ''
announce('first')
await ca.rotation?.prepare()
announce('prepared')
await ca.rotation?.activate()
announce('activated')
await ca.rotation?.taint()
announce('tainted')
await ca.rotation?.revoke(old, true)
announce('revoked')
await ca.close()
process.stdout.write(`${JSON.stringify({ step: 'closed', calls })}\n`)
