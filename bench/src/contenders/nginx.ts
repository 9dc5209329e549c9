/** nginx as a reverse proxy with keep-alive on both sides, and as the upstream of a benchmark. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contender.js'
import { versionOf } from '../installed.js'

export const nginx: Contender = {
  name: 'nginx',
  duty: 'bare',
  isRival: true,
  version: nginxVersion,
  prepare: ({ port, upstreamPorts, folder }) =>
    nginxCommand(
      folder,
      'nginx-proxy',
      `upstream backend { server 127.0.0.1:${upstreamPorts[0]}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }`,
    ),
}

export function nginxVersion(): string | undefined {
  return versionOf('nginx', ['-v'], /nginx\/(\S+)/)
}

/** Answers every request with the same body on every port. */
export function nginxUpstream(folder: string, ports: readonly number[], body: string): readonly string[] {
  const listens = ports.map((port) => `listen 127.0.0.1:${port};`).join(' ')
  const headers = ['X-App bench', 'X-App-Version v1', 'Cache-Control no-cache', 'Vary Accept-Encoding'].map((line) => `add_header ${line};`)
  return nginxCommand(
    folder,
    'nginx-upstream',
    `server { ${listens} location / { default_type application/json; ${headers.join(' ')} return 200 '${body}'; } }`,
  )
}

/** One worker in the foreground, every file in the folder. */
function nginxCommand(folder: string, name: string, servers: string): readonly string[] {
  const file = join(folder, `${name}.conf`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, `${name}-${kind}`)};`,
  )
  const isRoot = process.getuid?.() === 0
  writeFileSync(
    file,
    `${isRoot ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${join(folder, `${name}.pid`)};
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${temporary.join('\n  ')}
  ${servers}
}
`,
  )
  return ['nginx', '-e', 'stderr', '-p', folder, '-c', file]
}
