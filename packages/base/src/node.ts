/**
 * Node's side of the interfaces of `@heddle/base`: the system clock, strong randomness, a logger that writes lines, files that survive a crash,
 * and SPIFFE's tokens, which are validated by node:crypto.
 */
export { readIfPresent, replaceFile, writeDurably } from './node/durable-file.js'
export { followFiles, type FollowedFiles, type FollowedFilesDeps } from './node/follow-files.js'
export { encodeJwtKeySet, parseJwtKeySet, readPublicJwk, type JwtKeySet, type JwtKeySetResult, type PublicJwk } from './node/jwt-bundle.js'
export { validateJwtSvid, type JwtBundle, type JwtSvidFault, type JwtSvidResult, type JwtSvidValidation } from './node/jwt-svid.js'
export { parseStrictJson, type StrictJsonResult } from './node/strict-json.js'
export { makeFolder } from './node/make-folder.js'
export { systemClock } from './node/system-clock.js'
export { systemRandom } from './node/system-random.js'
export { createStreamLogger, type LogFormat, type StreamLoggerOptions } from './node/stream-logger.js'
