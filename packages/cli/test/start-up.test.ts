/** Commands that people wait for load little: schemas, gRPC and the platform take longer than the commands themselves. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const source = resolve(import.meta.dirname, '../src')
const light = ['get', 'describe', 'label', 'logs', 'exec', 'version', 'down', 'rollout', 'proxy-status', 'proxy-config', 'completion']

/** Packages that a file loads before it runs, through all files of this package that it imports. */
function packagesLoadedBy(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  const packages = new Set<string>()
  if (seen.has(file)) return packages
  seen.add(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/^import (?!type )[^;']*?from '([^']+)'/gm)) {
    const inner = join(dirname(file), specifier.replace(/\.js$/, '.ts'))
    if (!specifier.startsWith('.')) packages.add(specifier)
    else if (existsSync(inner)) for (const name of packagesLoadedBy(inner, seen)) packages.add(name)
  }
  return packages
}

it.each(['bin.ts', ...light.map((name) => `commands/${name}.ts`)])('%s starts without anything heavy', (file) => {
  const loaded = [...packagesLoadedBy(join(source, file))].filter((name) => !name.startsWith('node:'))
  const allowed = ['@heddle/base', '@heddle/base/node', '@heddle/client/resources']
  expect(loaded.filter((name) => !allowed.includes(name))).toEqual([])
})

it('would see a heavy import', () => {
  expect(packagesLoadedBy(join(source, 'commands/apply.ts'))).toContain('@heddle/config-schema')
})
