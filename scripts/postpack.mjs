/** Runs in a package's folder after `npm pack` and `pnpm pack`: puts back the files that `prepack.mjs` rewrote. */
import { existsSync, renameSync } from 'node:fs'
import { keptManifest } from './kept-manifest.mjs'
import { takePagesBack } from './packed-pages.mjs'

if (existsSync(keptManifest)) renameSync(keptManifest, 'package.json')
takePagesBack()
