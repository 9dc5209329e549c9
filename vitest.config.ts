import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['@heddle/source', 'node', 'import', 'module', 'default']

/** Tests run from source through the private export condition, so none of them needs a build of its own package. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'conformance/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // One a core, where vitest leaves one core idle; more than four meshes at a time would only wait for each other.
    maxWorkers: Math.min(4, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
