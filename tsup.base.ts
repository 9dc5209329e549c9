/** The one shape in which every package is built: ESM for Node 20, declarations left to tsc. */
import { defineConfig } from 'tsup'

export function library(entry: string[] | Record<string, string>, options: Record<string, unknown> = {}) {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'node20',
    dts: false,
    sourcemap: true,
    // Declarations are tsc's; cleaning them away would leave the package without types until it runs again.
    clean: ['!**/*.d.ts'],
    splitting: true,
    silent: true,
    ...options,
  })
}
