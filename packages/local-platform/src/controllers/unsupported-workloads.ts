/** Kinds the API keeps but nothing here runs: an event on each object says so, instead of silence. */
import type { KubernetesObject, ResourceType } from '@heddle/client'
import { notSupported } from '../api/rules/workload-rules.js'
import { type Controller, type ControllerContext, keyOf, splitKey, startController } from './controller.js'
import { cronJobs, daemonSets, jobs, statefulSets } from './resource-types.js'

const kinds: readonly ResourceType[] = [statefulSets, daemonSets, jobs, cronJobs]

export function startUnsupportedWorkloads(context: ControllerContext): Controller {
  const controllers = kinds.map((type) => {
    const noteOnce = async (key: string): Promise<void> => {
      const { namespace, name } = splitKey(key)
      const object = await context.client.get(type, name, namespace)
      if (object) await context.events.record(object, 'Warning', 'NotSupported', notSupported(object))
    }
    return startController(
      `unsupported-${type.plural}`,
      [{ type, keysOf: (object) => (isNew(object) ? [keyOf(object)] : []) }],
      noteOnce,
      context,
    )
  })
  return {
    async close() {
      await Promise.all(controllers.map((controller) => controller.close()))
    },
  }
}

function isNew(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp === undefined
}
