import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { injectManifest } from '../src/index.js'

it('runs the first example of the README, which prints what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```ts\nimport \{ injectManifest \} from '@heddle\/inject'\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const lines: unknown[][] = []
  const log = vi.fn((...values: unknown[]) => void lines.push(values))
  // oxlint-disable-next-line typescript/no-implied-eval -- the example is our own README
  new Function('injectManifest', 'console', example)(injectManifest, { log })
  expect(lines).toEqual([[['Deployment/helloworld-v1']], [true, 0]])
})
