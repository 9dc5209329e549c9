import { defineConfig } from 'tsup'
import { library } from '../../tsup.base.ts'

/** The preload is loaded by `node --require`, so it is one CommonJS file; the library build leaves it alone when it cleans. */
export default [
  library(['src/index.ts', 'src/resources.ts'], { clean: ['!register.cjs', '!register.cjs.map', '!**/*.d.ts'] }),
  defineConfig({
    entry: { register: 'src/preload/register.ts' },
    format: 'cjs',
    target: 'node20',
    dts: false,
    sourcemap: true,
    clean: false,
    silent: true,
  }),
]
