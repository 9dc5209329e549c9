/** The program in the image: `APP_VERSION` picks the text, `PORT` the port (8080), SIGTERM ends it after the requests in flight. */
import { createHelloServer } from './hello-server.js'
import { startTracing } from './tracing.js'

const { APP_VERSION: version = 'v1', PORT: port = '8080', HOST: host } = process.env
const stopTracing = await startTracing(process.env)
const server = createHelloServer({ version })

server.listen({ port: Number(port), ...(host !== undefined && { host }) }, () => {
  process.stdout.write(`helloworld ${version} listens on ${port}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => void stopTracing().finally(() => process.exit(0)))
    server.closeIdleConnections()
  })
}
