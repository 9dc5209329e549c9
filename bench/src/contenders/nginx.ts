/** nginx as a proxy with keep-alive on both sides: one worker holds all hops. */
import { existsSync } from 'node:fs'
import type { Contender, Hop } from '../contender.js'
import { type Credentials, serverName } from '../credentials.js'
import { nginxCommand, nginxVersion } from '../nginx-process.js'

export const nginx: Contender = {
  name: 'nginx',
  duty: 'bare',
  isRival: true,
  version: nginxVersion,
  prepare({ hops, folder, credentials }) {
    const [first] = hops as readonly [Hop]
    const port = first.ports[0] as number
    const name = `nginx-proxy-${port}`
    const command =
      first.protocol === 'tcp'
        ? nginxCommand(folder, name, { stream: hops.map(streamServer).join(''), modules: [streamModule()] })
        : nginxCommand(folder, name, { http: hops.map((hop) => httpServer(hop, credentials)).join('') })
    return [{ command, port }]
  },
}

/** Debian has it in a package of its own, `libnginx-mod-stream`. */
function streamModule(): string {
  const found = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/local/nginx/modules', '/etc/nginx/modules']
    .map((folder) => `${folder}/ngx_stream_module.so`)
    .find((file) => existsSync(file))
  if (found === undefined) throw new Error('nginx has no stream module here')
  return found
}

function streamServer(hop: Hop): string {
  return `server { listen 127.0.0.1:${hop.ports[0]}; proxy_pass 127.0.0.1:${hop.upstreamPorts[0]}; proxy_buffer_size 64k; }\n`
}

function httpServer(hop: Hop, credentials: Credentials | undefined): string {
  const isHttp2 = hop.protocol === 'http2'
  const tlsIn = hop.isTlsIn && credentials ? serverTls(credentials) : ''
  const tlsOut = hop.isTlsOut && credentials ? clientTls(credentials) : ''
  const pass = isHttp2
    ? `grpc_pass grpc://${hop.name};`
    : `proxy_pass http${tlsOut ? 's' : ''}://${hop.name};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_request_buffering off;
      proxy_buffers 16 64k;
      proxy_max_temp_file_size 0;`
  return `upstream ${hop.name} { server 127.0.0.1:${hop.upstreamPorts[0]}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${hop.ports[0]}${isHttp2 ? ' http2' : ''}${hop.isTlsIn ? ' ssl' : ''};
    client_max_body_size 0;
    ${tlsIn}
    location / {
      ${pass}
      ${tlsOut}
    }
  }
  `
}

function serverTls({ rootFile, server }: Credentials): string {
  return `ssl_certificate ${server.chainFile};
    ssl_certificate_key ${server.keyFile};
    ssl_client_certificate ${rootFile};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;`
}

function clientTls({ rootFile, client }: Credentials): string {
  return `proxy_ssl_certificate ${client.chainFile};
      proxy_ssl_certificate_key ${client.keyFile};
      proxy_ssl_trusted_certificate ${rootFile};
      proxy_ssl_verify on;
      proxy_ssl_server_name on;
      proxy_ssl_name ${serverName};
      proxy_ssl_protocols TLSv1.2 TLSv1.3;`
}
