/** Rules of Ingress that Kubernetes' API server enforces: the backends' ports. */
import type { KubernetesObject } from '../resource.js'
import type { FaultList } from '../validate/fault.js'
import { checkPortNumber } from './service.js'
import { eachOf, error, within } from './reporter.js'

interface Backend {
  readonly service?: { readonly name?: string; readonly port?: { readonly name?: string; readonly number?: number } }
  readonly resource?: object
}

interface IngressSpec {
  readonly defaultBackend?: Backend
  readonly rules?: readonly { readonly http?: { readonly paths?: readonly { readonly backend?: Backend }[] } }[]
}

export function checkIngress(resource: KubernetesObject & { readonly spec?: IngressSpec }, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkBackend(resource.spec?.defaultBackend, 'defaultBackend', faults)
    eachOf(faults, 'rules', resource.spec?.rules, ({ http }) =>
      within(faults, ['http'], () => eachOf(faults, 'paths', http?.paths, ({ backend }) => checkBackend(backend, 'backend', faults))),
    )
  })
}

function checkBackend(backend: Backend | undefined, field: string, faults: FaultList): void {
  const { service } = backend ?? {}
  if (service === undefined) return
  within(faults, [field, 'service'], () => {
    const { name, number } = service.port ?? {}
    if (!name && number === undefined)
      error(faults, 'missing-field', ['port'], 'The backend needs the port of the Service: its number or its name.', {
        part: 'key',
        expected: 'a mapping with number or name',
      })
    checkPortNumber(number, ['port', 'number'], faults)
    if (name) checkPortNumber(name, ['port', 'name'], faults)
  })
}
