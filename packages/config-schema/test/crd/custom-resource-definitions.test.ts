import { describe, expect, it } from 'vitest'
import { customResourceDefinitions } from '../../src/crd/custom-resource-definitions.js'
import { validateObject } from '../../src/validate/validate.js'

const byName = new Map(customResourceDefinitions().map((definition) => [definition.metadata.name, definition]))

describe('customResourceDefinitions', () => {
  it('are valid themselves', () => {
    for (const definition of byName.values()) expect(validateObject(definition).diagnostics).toEqual([])
  })

  it('serve every version and store one', () => {
    const versions = byName.get('virtualservices.networking.istio.io')?.spec.versions
    expect(versions?.map(({ name, storage }) => [name, storage])).toEqual([
      ['v1', true],
      ['v1beta1', false],
      ['v1alpha3', false],
    ])
    for (const definition of byName.values()) expect(definition.spec.versions.filter((version) => version.storage)).toHaveLength(1)
  })

  it('carry the names and columns of Istio', () => {
    const rule = byName.get('destinationrules.networking.istio.io')
    expect(rule?.spec.names).toMatchObject({
      shortNames: ['dr'],
      singular: 'destinationrule',
      categories: ['istio-io', 'networking-istio-io'],
    })
    expect(rule?.spec.versions[0]?.additionalPrinterColumns?.map((column) => column.name)).toEqual(['Host', 'Age'])
  })

  it('describe modelled kinds field by field and keep the rest as written', () => {
    const schemaOf = (name: string) => byName.get(name)?.spec.versions[0]?.schema?.openAPIV3Schema
    const virtualService = JSON.stringify(schemaOf('virtualservices.networking.istio.io'))
    expect(virtualService).toContain('"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}}')
  })

  it('name every Istio kind, known to a cluster', () => {
    expect([...byName.values()].map((definition) => definition.spec.names.kind).sort()).toEqual([
      'AuthorizationPolicy',
      'DestinationRule',
      'EnvoyFilter',
      'Gateway',
      'PeerAuthentication',
      'ProxyConfig',
      'RequestAuthentication',
      'ServiceEntry',
      'Sidecar',
      'Telemetry',
      'TrafficExtension',
      'VirtualService',
      'WasmPlugin',
      'WorkloadEntry',
      'WorkloadGroup',
    ])
  })
})
