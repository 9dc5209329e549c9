/** Entry of `heddle-proxy`, and of its workers, which are the same program. */
import cluster from 'node:cluster'
import { messageOf } from '@heddle/base'
import { createStreamLogger, systemClock, systemRandom } from '@heddle/base/node'
import { readProxySettings } from './settings/proxy-settings.js'
import { createSidecar } from './sidecar.js'
import { runWorker } from './workers/worker-process.js'

const logger = createStreamLogger({ stream: process.stdout, level: process.env['HEDDLE_LOG_LEVEL'] === 'debug' ? 'debug' : 'info' })
// Whoever reads the log may end before the proxy does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
const stop = new AbortController()

const deps = { clock: systemClock, random: systemRandom, logger }

async function serve(): Promise<void> {
  const sidecar = createSidecar(readProxySettings(process.argv.slice(2), process.env), deps)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort(new Error(`${signal} received`))
      void sidecar.drain().then(() => process.exit(0))
    })
  }
  await sidecar.start(stop.signal)
}

/** Signals to the whole group are the primary's to act on. */
async function work(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
  await runWorker(readProxySettings(process.argv.slice(2), process.env), Number(process.env['HEDDLE_PROXY_WORKER']), deps)
}

try {
  await (cluster.isWorker ? work() : serve())
} catch (error) {
  if (!stop.signal.aborted) {
    logger.error(`heddle-proxy cannot go on: ${messageOf(error)}`, { hint: (error as { readonly hint?: string }).hint ?? '' })
    process.exit(1)
  }
}
