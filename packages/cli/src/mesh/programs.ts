/** Where the programs lie that the runtime starts in Pods. They are resolved as packages, so any layout of node_modules works. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

const packageFolder = (name: string): string => dirname(require.resolve(`${name}/package.json`))

export interface MeshPrograms {
  readonly proxy: string
  readonly controlPlane: string
  readonly preload: string
  readonly standIns: string
}

export function meshPrograms(): MeshPrograms {
  return {
    proxy: join(packageFolder('@heddle/sidecar'), 'bin', 'heddle-proxy.js'),
    controlPlane: join(packageFolder('@heddle/control-plane'), 'bin', 'heddle-istiod.js'),
    preload: join(packageFolder('@heddle/client'), 'dist', 'register.cjs'),
    standIns: join(packageFolder('@heddle/local-platform'), 'dist', 'images'),
  }
}
