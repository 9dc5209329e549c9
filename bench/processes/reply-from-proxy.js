/** Fastify with `@fastify/reply-from`, no log. Arguments: port, upstream port. */
import replyFrom from '@fastify/reply-from'
import fastify from 'fastify'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const app = fastify({ logger: false, keepAliveTimeout: 0, bodyLimit: 1 << 30 })
// Bodies pass as streams.
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
app.register(replyFrom, { base: `http://127.0.0.1:${upstreamPort}`, undici: { connections: 64, pipelining: 1 } })
app.all('/*', (request, reply) => reply.from(request.raw.url))
await app.listen({ port, host: '127.0.0.1' })
process.stdout.write('listening\n')
process.on('SIGTERM', () => process.exit(0))
