/** What JavaScript proxies are usually built on, and the best known of them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Contender } from '../contender.js'
import { processFile } from '../upstream.js'

const { resolve } = createRequire(import.meta.url)

/** `node:http` with undici: the bar that every proxy in JavaScript has to clear. */
export const undici: Contender = nodeProxy('node:http + undici', 'undici-proxy.js', () => packageVersion('undici'))

export const replyFrom: Contender = nodeProxy('@fastify/reply-from', 'reply-from-proxy.js', () => packageVersion('@fastify/reply-from'))

export const httpProxy3: Contender = nodeProxy('http-proxy-3', 'http-proxy-3-proxy.js', () => packageVersion('http-proxy-3'))

/** `node:http2` on both sides. */
export const nodeHttp2: Contender = nodeProxy('node:http2', 'http2-proxy.js', () => process.versions.node)

/** `socket.pipe` both ways. */
export const nodeNet: Contender = nodeProxy('node:net', 'tcp-proxy.js', () => process.versions.node)

function nodeProxy(name: string, entry: string, version: () => string | undefined): Contender {
  return {
    name,
    duty: 'bare',
    isRival: true,
    version,
    prepare: ({ hops: [hop] }) => {
      const port = hop?.ports[0] as number
      return [{ command: [process.execPath, processFile(entry), String(port), String(hop?.upstreamPorts[0])], port }]
    },
  }
}

function packageVersion(name: string): string | undefined {
  try {
    return versionIn(dirname(resolve(name)), name)
  } catch {
    return undefined
  }
}

/** Up from the entry: not every package exports its manifest. */
function versionIn(folder: string, name: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: string; readonly version?: string }
    if (manifest.name === name) return manifest.version
  } catch {
    // No manifest here, or only one that names the kind of modules.
  }
  return dirname(folder) === folder ? undefined : versionIn(dirname(folder), name)
}
