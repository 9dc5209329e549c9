/** Run as a process by durability.test.ts: writes one config map after the other and prints each name once it is acknowledged. */
import { createPlatform } from '../../src/platform.js'
import { configMap, types } from '../platform-harness.js'

const platform = createPlatform({ stateDir: process.argv[2] as string, port: 0 })
const { client } = await platform.start()
for (let index = 0; ; index++) {
  const names = Array.from({ length: 5 }, (_, part) => `map-${index}-${part}`)
  await Promise.all(
    names.map(async (name) => process.stdout.write(`${(await client.create(types.configMaps, configMap(name))).metadata.name}\n`)),
  )
}
