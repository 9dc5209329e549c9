/**
 * The echo servers as programs, for tests that need another process: `echo-program.js http|tcp|grpc [--port N] [--host A]
 * [--name N] [--greeting T]`. Prints one JSON line with host and port when it listens; SIGTERM ends it.
 */
import { parseArgs } from 'node:util'
import type { EchoServer } from './echo-server.js'
import { startGrpcEcho } from './grpc-echo.js'
import { startHttpEcho } from './http-echo.js'
import { startTcpEcho } from './tcp-echo.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, host: { type: 'string' }, name: { type: 'string' }, greeting: { type: 'string' } },
})

const server = await start(positionals[0] ?? 'http')
// In this order: who reads the line may send the signal at once.
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)))
process.stdout.write(`${JSON.stringify({ host: server.host, port: server.port })}\n`)

function start(protocol: string): Promise<EchoServer> {
  const at = { port: Number(values.port ?? 0), ...(values.host !== undefined && { host: values.host }) }
  switch (protocol) {
    case 'http':
      return startHttpEcho({ ...at, ...(values.name !== undefined && { name: values.name }) })
    case 'tcp':
      return startTcpEcho({ ...at, ...(values.greeting !== undefined && { greeting: values.greeting }) })
    case 'grpc':
      return startGrpcEcho(at)
    default:
      process.stderr.write(`"${protocol}" is not one of http, tcp, grpc\n`)
      process.exit(64)
  }
}
