/** Where the built preload and stand-ins lie; they run in processes of their own, so they are files even when this package runs from source. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** @throws Node's `MODULE_NOT_FOUND` when `@heddle/client` is not installed. */
export function preloadPath(): string {
  return require.resolve('@heddle/client/register')
}

export function standInsDirectory(): string {
  return join(dirname(require.resolve('@heddle/local-platform/package.json')), 'dist', 'images')
}
