/** Node's side of the interfaces of `@heddle/base`: the system clock, strong randomness, and a logger that writes lines. */
export { systemClock } from './node/system-clock.js'
export { systemRandom } from './node/system-random.js'
export { createStreamLogger, type LogFormat, type StreamLoggerOptions } from './node/stream-logger.js'
