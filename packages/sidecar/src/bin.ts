/** Entry of `heddle-proxy`. */
import { messageOf } from '@heddle/base'
import { createStreamLogger, systemClock, systemRandom } from '@heddle/base/node'
import { readProxySettings } from './proxy-settings.js'
import { createSidecar } from './sidecar.js'

const logger = createStreamLogger({ stream: process.stdout, level: process.env['HEDDLE_LOG_LEVEL'] === 'debug' ? 'debug' : 'info' })
const stop = new AbortController()

try {
  const sidecar = createSidecar(readProxySettings(process.argv.slice(2), process.env), { clock: systemClock, random: systemRandom, logger })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort(new Error(`${signal} received`))
      void sidecar.drain().then(() => process.exit(0))
    })
  }
  await sidecar.start(stop.signal)
} catch (error) {
  if (!stop.signal.aborted) {
    logger.error(`heddle-proxy cannot go on: ${messageOf(error)}`, { hint: (error as { readonly hint?: string }).hint ?? '' })
    process.exit(1)
  }
}
