/** haproxy in HTTP mode with one thread and keep-alive on both sides. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contender.js'
import { versionOf } from '../installed.js'

export const haproxy: Contender = {
  name: 'haproxy',
  duty: 'bare',
  isRival: true,
  version: () => versionOf('haproxy', ['-v'], /version (\d\S*)/),
  prepare({ port, upstreamPorts, folder }) {
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  http-reuse always
frontend bench
  bind 127.0.0.1:${port}
  default_backend upstream
backend upstream
  server one 127.0.0.1:${upstreamPorts[0]}
`,
    )
    return ['haproxy', '-db', '-f', file]
  },
}
