/** The preload and the stand-ins as users get them, built into a folder of the test. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Leaves `register.cjs` and one `NAME.js` a stand-in in the folder. */
export async function buildPodPrograms(directory: string): Promise<void> {
  const source = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
  const names = ['helloworld', 'httpbin', 'tcp-echo', 'client']
  const entry = Object.fromEntries(names.map((name) => [name, source(`local-platform/src/images/${name}.ts`)]))
  const shared = { config: false as const, outDir: directory, silent: true, dts: false, target: 'node20' as const }
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  await build({ ...shared, entry, format: 'esm' })
  await build({ ...shared, entry: { register: source('client/src/preload/register.ts') }, format: 'cjs' })
}
