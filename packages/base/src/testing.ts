/** Time and randomness that a test controls. */
export { createFakeClock, type FakeClock } from './testing/fake-clock.js'
export { createSeededRandom } from './seeded-random.js'
export { createMemoryLogger, type LogRecord, type MemoryLogger } from './testing/memory-logger.js'
