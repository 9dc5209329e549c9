/** What answers behind the proxies: nginx where it can, else our own processes. All listen on ten ports. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nginxCommand, nginxVersion } from './nginx-process.js'

export interface Upstream {
  readonly name: string
  command(folder: string, ports: readonly number[]): readonly string[]
}

const body = JSON.stringify({ text: 'x'.repeat(1024 - '{"text":""}'.length) })
const headers = ['X-App bench', 'X-App-Version v1', 'Cache-Control no-cache', 'Vary Accept-Encoding']

export const processFile = (name: string): string => fileURLToPath(new URL(`../processes/${name}`, import.meta.url))

const own = (name: string, entry: string, ...args: readonly string[]): Upstream => ({
  name,
  command: (_, ports) => [process.execPath, processFile(entry), ...args, ...ports.map(String)],
})

/** A 1 KB answer to every request. */
export function http1Upstream(): Upstream {
  const version = nginxVersion()
  if (version === undefined) return ownHttp1Upstream
  return { name: `nginx ${version}`, command: (folder, ports) => nginxAnswers(folder, ports, '', body) }
}

/** Exported for tests: machines with nginx would never run it. */
export const ownHttp1Upstream: Upstream = {
  name: 'own upstream on raw sockets',
  command(folder, ports) {
    const file = join(folder, 'answer')
    const head = [
      'HTTP/1.1 200 OK',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      ...headers.map((line) => line.replace(' ', ': ')),
    ]
    writeFileSync(file, `${head.join('\r\n')}\r\n\r\n${body}`)
    return [process.execPath, processFile('upstream.js'), file, ...ports.map(String)]
  },
}

/** The same over HTTP/2 without TLS. */
export function http2Upstream(): Upstream {
  const version = nginxVersion()
  if (version === undefined) return ownHttp2Upstream
  return { name: `nginx ${version}`, command: (folder, ports) => nginxAnswers(folder, ports, ' http2', body) }
}

/** Unary gRPC calls get a message of 1 KB and their status in trailers. */
export function grpcUpstream(): Upstream {
  const version = nginxVersion()
  if (version === undefined) return ownHttp2Upstream
  return { name: `nginx ${version}`, command: nginxCalls }
}

/** Both kinds of answers over HTTP/2; exported for tests. */
export const ownHttp2Upstream: Upstream = own('own upstream on node:http2', 'http2-upstream.js')

/** Reads a body to its end and answers with 1 MiB. */
export const bodyUpstream: Upstream = own('own upstream on node:http', 'body-upstream.js')

/** Sends for ever or echoes, as the first byte of a connection asks. */
export const tcpUpstream: Upstream = own('own upstream on raw sockets', 'tcp-upstream.js')

/** A gRPC message of 1 KB, uncompressed; nginx takes the zero bytes of its head literally. */
function nginxCalls(folder: string, ports: readonly number[]): readonly string[] {
  const listens = ports.map((port) => `listen 127.0.0.1:${port} http2;`).join(' ')
  const message = `\0${String.fromCharCode(0, 0, 4, 0)}${'m'.repeat(1024)}`
  return nginxCommand(folder, 'nginx-upstream', {
    http: `server { ${listens} location / { default_type application/grpc; add_trailer grpc-status 0; return 200 "${message}"; } }`,
  })
}

function nginxAnswers(folder: string, ports: readonly number[], protocol: string, text: string): readonly string[] {
  const listens = ports.map((port) => `listen 127.0.0.1:${port}${protocol};`).join(' ')
  const added = headers.map((line) => `add_header ${line};`).join(' ')
  return nginxCommand(folder, 'nginx-upstream', {
    http: `server { ${listens} location / { default_type application/json; ${added} return 200 '${text}'; } }`,
  })
}
