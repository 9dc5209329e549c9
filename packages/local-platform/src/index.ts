/** The public names of the local platform. */
export type { PodExecOptions, PodExecOutput, PodLogOptions, PodRuntime } from './api/pod-runtime.js'
export type { IssuedToken, TokenIssuer, TokenOrder, VerifiedToken } from './api/token-issuer.js'
export { createPlatform, type Platform, type PlatformAccess, type PlatformDeps, type PlatformOptions } from './platform.js'
export type { Programs } from './runtime/built-in-images.js'
export type { ImageEntry, ImageRole } from './runtime/image-map.js'
export { createRuntime, type Runtime, type RuntimeDeps, type RuntimeOptions } from './runtime/runtime.js'
