/** The CustomResourceDefinitions of Istio's kinds, with Istio's names, versions and columns, ready to be applied. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../gen/types.js'
import { istioSpecs } from '../kinds/kind-type.js'
import { kindTable, type KindInfo } from '../kinds/kind-table.js'
import type { ObjectType } from '../model/field-type.js'
import { anyObject, openApiSchema, type OpenApiSchema } from './open-api.js'

const age: CustomResourceColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }
const column = (name: string, jsonPath: string): CustomResourceColumnDefinition => ({ name, type: 'string', jsonPath })

const columns: Readonly<Record<string, readonly CustomResourceColumnDefinition[]>> = {
  VirtualService: [column('Gateways', '.spec.gateways'), column('Hosts', '.spec.hosts'), age],
  DestinationRule: [column('Host', '.spec.host'), age],
  ServiceEntry: [column('Hosts', '.spec.hosts'), column('Location', '.spec.location'), column('Resolution', '.spec.resolution'), age],
  WorkloadEntry: [age, column('Address', '.spec.address')],
  WorkloadGroup: [age],
  PeerAuthentication: [column('Mode', '.spec.mtls.mode'), age],
  AuthorizationPolicy: [column('Action', '.spec.action'), age],
  Telemetry: [age],
  WasmPlugin: [age],
}

/** Where what is stored is not the preferred version. */
const storedVersions: Readonly<Record<string, string>> = { Telemetry: 'v1alpha1' }

/** Modelled kinds carry their full schema; the others keep whatever is written. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return kindTable.filter((info) => info.group.endsWith('.istio.io')).map(definition)
}

function definition(info: KindInfo): CustomResourceDefinition {
  const schema = rootSchema(info)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${info.plural}.${info.group}`, labels: { app: 'istio-pilot', istio: 'pilot' } },
    spec: {
      group: info.group,
      names: {
        kind: info.kind,
        listKind: `${info.kind}List`,
        plural: info.plural,
        singular: info.singular,
        categories: info.categories,
        ...(info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
      },
      scope: info.isNamespaced ? 'Namespaced' : 'Cluster',
      versions: info.versions.map((version) => definitionVersion(info, version, schema)),
    },
  }
}

function definitionVersion(info: KindInfo, version: string, schema: OpenApiSchema): CustomResourceDefinitionVersion {
  const stored = storedVersions[info.kind] ?? info.versions[0]
  const shown = columns[info.kind]
  return {
    name: version,
    served: true,
    storage: version === stored,
    ...(shown === undefined ? {} : { additionalPrinterColumns: shown }),
    subresources: { status: {} },
    schema: { openAPIV3Schema: schema as JSONSchemaProps },
  }
}

function rootSchema(info: KindInfo): OpenApiSchema {
  const spec: ObjectType | undefined = info.isModelled ? istioSpecs[info.kind as keyof typeof istioSpecs] : undefined
  return {
    type: 'object',
    properties: { spec: spec === undefined ? anyObject : openApiSchema(spec), status: anyObject },
    ...(spec !== undefined && info.kind !== 'PeerAuthentication' ? { required: ['spec'] } : {}),
  }
}
