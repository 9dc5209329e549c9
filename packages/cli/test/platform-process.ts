/**
 * A platform with one Pod in a process of its own, for tests that end it without a chance to say goodbye: it handles no
 * signal. Arguments: the state folder. Prints the number of the Pod's process when the Pod is ready.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createResourceClient, loadKubeconfig } from '@heddle/client/resources'
import { createPlatform, createRuntime } from '@heddle/local-platform'
import { untilObject } from '../src/install/readiness.js'
import { runtimeFolderOf } from '../src/target/state-folder.js'
import { pod, types } from './objects.fixture.js'

const stateDir = process.argv[2] as string
const access = await createPlatform({ stateDir, port: 0, leaseFolder: join(stateDir, '..', 'leases') }).start()
const client = createResourceClient(await loadKubeconfig(access.kubeconfigPath))
const preload = join(stateDir, 'preload.cjs')
writeFileSync(preload, '')
const program = 'console.log(process.pid); setInterval(() => {}, 1000)'
const runtime = createRuntime(
  {
    nodeName: 'local',
    stateDir: runtimeFolderOf(stateDir),
    subnet: access.subnet,
    images: [{ image: 'example/*', command: [process.execPath, '-e', program] }],
    programs: { proxy: 'none', controlPlane: 'none', preload },
  },
  { client },
)
access.attachRuntime(runtime)
await runtime.start()
await untilObject(
  client,
  { group: '', version: 'v1', plural: 'serviceaccounts' },
  'default',
  'default',
  () => true,
  AbortSignal.timeout(20_000),
)
await client.create(types.pods, pod('web'))
const isReady = (object: object): boolean =>
  (object as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  ) ?? false
await untilObject(client, types.pods, 'default', 'web', isReady, AbortSignal.timeout(20_000))
for await (const chunk of runtime.logs('default', 'web', { follow: true })) {
  process.stdout.write(chunk)
  if (chunk.includes(0x0a)) break
}
