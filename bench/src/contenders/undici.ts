/** `node:http` with undici: the bar that every proxy in JavaScript has to clear. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../contender.js'

const entry = fileURLToPath(new URL('../../processes/undici-proxy.js', import.meta.url))

export const undici: Contender = {
  name: 'node:http + undici',
  duty: 'bare',
  isRival: false,
  version: () => {
    const manifest = createRequire(import.meta.url).resolve('undici/package.json')
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
  },
  prepare: ({ port, upstreamPorts }) => [process.execPath, entry, String(port), String(upstreamPorts[0])],
}
