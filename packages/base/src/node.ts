/** Node's side of the interfaces of `@heddle/base`: the system clock, strong randomness, a logger that writes lines, files that survive a crash. */
export { readIfPresent, writeDurably } from './node/durable-file.js'
export { makeFolder } from './node/make-folder.js'
export { systemClock } from './node/system-clock.js'
export { systemRandom } from './node/system-random.js'
export { createStreamLogger, type LogFormat, type StreamLoggerOptions } from './node/stream-logger.js'
