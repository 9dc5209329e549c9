/** The public names of the local platform. */
export { execContentType } from './api/pod-output.js'
export type { PodExecOptions, PodExecOutput, PodLogOptions, PodRuntime } from './api/pod-runtime.js'
export type { IssuedToken, TokenIssuer, TokenOrder, VerifiedToken } from './api/token-issuer.js'
export { createPlatform, type Platform, type PlatformAccess, type PlatformDeps, type PlatformOptions } from './platform.js'
