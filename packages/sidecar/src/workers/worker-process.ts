/**
 * A worker: one engine on sockets that it shares with its siblings. It knows neither control plane nor files; configuration,
 * secrets and names come from the primary, and records go to it. It ends with the primary (node:cluster sees to that).
 */
import { messageOf } from '@heddle/base'
import { createIstioTelemetry, type IstioTelemetry, type Proxy } from '@heddle/proxy-core'
import type { Secret, SecretSource } from '@heddle/routing'
import { accessEntryOf } from '../admin/access-entry.js'
import { viewOf } from '../engine/data-plane.js'
import { createEngine } from '../engine/engine.js'
import { createMeshNames } from '../engine/mesh-names.js'
import { ownVersion } from '../own-version.js'
import { workloadOf, xdsNodeOf } from '../settings/proxy-node.js'
import type { ProxySettings } from '../settings/proxy-settings.js'
import type { SidecarDeps } from '../sidecar.js'
import { createRecordBatch } from './record-batch.js'
import type { FromWorker, ToWorker } from './worker-messages.js'

/** @param index of this worker, from 1: seeds differ by it. */
export async function runWorker(settings: ProxySettings, index: number, deps: SidecarDeps): Promise<void> {
  const secrets = new ReceivedSecrets()
  const names = createMeshNames(settings.podNamespace, undefined)
  const records = createRecordBatch((entries) => tell({ kind: 'records', entries }), deps.clock)
  const telemetry = createIstioTelemetry(
    {
      workload: workloadOf(settings),
      nodeId: xdsNodeOf(settings, ownVersion()).id,
      onRecord: (record, labels) => records.add(accessEntryOf(record, labels)),
    },
    deps,
  )
  const own = settings.seed === undefined ? settings : { ...settings, seed: settings.seed + index - 1 }
  const onRecovered = (): void => void tell({ kind: 'recovered' })
  const proxy = createEngine({ settings: own, secrets, telemetry, names, onRecovered }, deps)
  await proxy.start()
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'secrets') secrets.receive(message.secrets)
    else if (message.kind === 'names') names.update(message.table)
    else void answer(message, proxy, telemetry, () => records.flush()).catch((error: unknown) => deps.logger.error(messageOf(error)))
  })
  await tell({ kind: 'started' })
}

type Question = Extract<ToWorker, { readonly id: number }>

async function answer(question: Question, proxy: Proxy, telemetry: IstioTelemetry, flushRecords: () => void): Promise<void> {
  const { id } = question
  switch (question.kind) {
    case 'apply':
      return tell({ kind: 'applied', id, result: await proxy.apply(question.config) })
    case 'view':
      return tell({ kind: 'view', id, view: viewOf(proxy) })
    case 'metrics':
      return tell({ kind: 'metrics', id, text: telemetry.registry.render() })
    case 'drain':
      await proxy.drain(question)
      telemetry.close()
      flushRecords()
      await tell({ kind: 'drained', id })
  }
}

/** Resolves when the channel has taken it, or is gone: then this process ends by itself. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })
}

class ReceivedSecrets implements SecretSource {
  readonly #secrets = new Map<string, Secret>()
  readonly #listeners = new Set<(name: string) => void>()

  get(name: string): Secret | undefined {
    return this.#secrets.get(name)
  }

  subscribe(listener: (name: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  receive(secrets: readonly (readonly [name: string, secret: Secret | undefined])[]): void {
    for (const [name, secret] of secrets) {
      if (secret === undefined) this.#secrets.delete(name)
      else this.#secrets.set(name, secret)
      for (const listener of this.#listeners) listener(name)
    }
  }
}
