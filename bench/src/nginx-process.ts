/** One nginx worker in the foreground, every file of it in the benchmark's folder. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOf } from './installed.js'

export interface NginxParts {
  readonly http?: string
  readonly stream?: string
  /** Files to load. */
  readonly modules?: readonly string[]
}

export function nginxVersion(): string | undefined {
  return versionOf('nginx', ['-v'], /nginx\/(\S+)/)
}

export function nginxCommand(folder: string, name: string, { http, stream, modules = [] }: NginxParts): readonly string[] {
  const file = join(folder, `${name}.conf`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, `${name}-${kind}`)};`,
  )
  const isRoot = process.getuid?.() === 0
  const httpBlock = `http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  ${temporary.join('\n  ')}
  ${http}
}`
  writeFileSync(
    file,
    `${modules.map((module) => `load_module ${module};\n`).join('')}${isRoot ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${join(folder, `${name}.pid`)};
error_log stderr crit;
events { worker_connections 8192; }
${http === undefined ? '' : httpBlock}
${stream === undefined ? '' : `stream {\n${stream}\n}`}
`,
  )
  return ['nginx', '-e', 'stderr', '-p', folder, '-c', file]
}
