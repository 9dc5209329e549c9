/** All controllers of the platform, started together; `close` stops them in reverse. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { ResourceClient } from '@heddle/client'
import type { Registry } from '../api/registry.js'
import type { Controller, ControllerContext } from './controller.js'
import { startDeploymentController } from './deployment.js'
import { startEndpointSliceController } from './endpoint-slice.js'
import { createEventRecorder } from './event-recorder.js'
import { startGarbageCollector } from './garbage-collector.js'
import { startNamespaceController } from './namespace.js'
import { startReplicaSetController } from './replica-set.js'
import { startScheduler } from './scheduler.js'
import { startUnsupportedWorkloads } from './unsupported-workloads.js'

export interface ControllersOptions {
  readonly registry: Registry
  readonly client: ResourceClient
  /** PEM for the `kube-root-ca.crt` of each namespace. */
  readonly certificateAuthority: string
}

const expireEventsMs = 600_000

export function startControllers(
  { registry, client, certificateAuthority }: ControllersOptions,
  deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Controller {
  const contextFor = (component: string): ControllerContext => ({ ...deps, client, events: createEventRecorder(client, component, deps) })
  const controllers: readonly Controller[] = [
    startGarbageCollector(registry, contextFor('garbage-collector')),
    startNamespaceController(contextFor('namespace-controller'), registry, certificateAuthority),
    startDeploymentController(contextFor('deployment-controller')),
    startReplicaSetController(contextFor('replicaset-controller')),
    startEndpointSliceController(contextFor('endpointslice-controller')),
    startScheduler(contextFor('default-scheduler')),
    startUnsupportedWorkloads(contextFor('heddle-local-platform')),
    startEventExpiry(contextFor('event-expiry')),
  ]
  return {
    async close() {
      for (const controller of [...controllers].reverse()) await controller.close()
    },
  }
}

function startEventExpiry({ clock, events, logger }: ControllerContext): Controller {
  let running: Promise<void> = Promise.resolve()
  const expire = (): void => {
    running = events.expire().catch((error: unknown) => logger.debug('old events were not removed', { error: String(error) }))
    timer = clock.setTimer(expireEventsMs, expire)
  }
  let timer = clock.setTimer(expireEventsMs, expire)
  return {
    async close() {
      timer.cancel()
      await running
    },
  }
}
