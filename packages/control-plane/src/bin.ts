/** Entry of `heddle-istiod`. */
import { messageOf } from '@heddle/base'
import { createStreamLogger } from '@heddle/base/node'
import { runIstiod } from './istiod.js'

const logger = createStreamLogger({ stream: process.stdout, level: process.env['HEDDLE_LOG_LEVEL'] === 'debug' ? 'debug' : 'info' })
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

try {
  await runIstiod(process.argv.slice(2), process.env, { logger, signal: stop.signal })
} catch (error) {
  if (!stop.signal.aborted) {
    logger.error(`heddle-istiod cannot go on: ${messageOf(error)}`, { hint: (error as { readonly hint?: string }).hint ?? '' })
    process.exitCode = 1
  }
}
