/** CPU and memory of the injected containers: the Pod's four annotations replace the mesh's values as a whole. */
import { annotation } from './annotations.js'
import type { JsonObject } from './json.js'
import type { TemplateInput } from './template.js'

export function proxyResources(input: TemplateInput): JsonObject {
  const annotations = input.pod.metadata.annotations ?? {}
  const requests = quantities(annotations[annotation.proxyCpu], annotations[annotation.proxyMemory])
  const limits = quantities(annotations[annotation.proxyCpuLimit], annotations[annotation.proxyMemoryLimit])
  if (requests || limits) return { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) }
  const { resources } = input.settings
  return {
    ...(resources.limits ? { limits: { ...resources.limits } } : {}),
    ...(resources.requests ? { requests: { ...resources.requests } } : {}),
  }
}

function quantities(cpu: string | undefined, memory: string | undefined): JsonObject | undefined {
  if (cpu === undefined && memory === undefined) return undefined
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) }
}
