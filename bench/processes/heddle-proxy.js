/**
 * Our engine as a process of its own: built JavaScript, as an embedder runs it. Prints a line when it listens.
 * Arguments: the JSON file with `{ config, duty, secrets }`. SIGUSR2 collects garbage where Node has `--expose-gc`.
 */
import { readFileSync } from 'node:fs'
import { silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { createIstioTelemetry, createProxy } from '@heddle/proxy-core'

const { config, duty, secrets } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const workload = {
  name: 'bench-1',
  namespace: 'bench',
  workloadName: 'bench',
  clusterId: 'Kubernetes',
  labels: { app: 'bench', version: 'v1' },
}
const byName = new Map(secrets.map((secret) => [secret.name, secret]))
const deps = {
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  secrets: { get: (name) => byName.get(name), subscribe: () => () => {} },
}
const telemetry =
  duty === 'mesh' ? createIstioTelemetry({ workload, nodeId: 'sidecar~127.0.0.1~bench-1.bench~bench.svc' }, deps) : undefined
const proxy = createProxy(config, { ...deps, ...(telemetry ? { telemetry } : {}) })
await proxy.start()
process.stdout.write('listening\n')

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  process.stdout.write(`collected ${process.memoryUsage().heapUsed}\n`)
})
process.on('SIGTERM', () => {
  telemetry?.close()
  void proxy.close().then(() => process.exit(0))
})
