/** Runs in a package's folder after `npm pack` and `pnpm pack`: puts back the package.json that `prepack.mjs` rewrote. */
import { existsSync, renameSync } from 'node:fs'
import { keptManifest } from './kept-manifest.mjs'

if (existsSync(keptManifest)) renameSync(keptManifest, 'package.json')
