/** The CustomResourceDefinitions of Istio's and the Gateway API's kinds, with their names, versions and columns, ready to be applied. */
import type { CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionVersion } from '../gen/types.js'
import { customKind } from '../kinds/custom-kinds.js'
import { kindTable, type KindInfo } from '../kinds/kind-table.js'
import { anyObject, openApiSchema, type OpenApiSchema } from './open-api.js'

const age: CustomResourceColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }
const column = (name: string, jsonPath: string): CustomResourceColumnDefinition => ({ name, type: 'string', jsonPath })

const status = (name: string, type: string): CustomResourceColumnDefinition =>
  column(name, `.status.conditions[?(@.type=="${type}")].status`)
const hostnames = column('Hostnames', '.spec.hostnames')

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
  TrafficExtension: [age],
}

const gatewayApiColumns: Readonly<Record<string, readonly CustomResourceColumnDefinition[]>> = {
  GatewayClass: [column('Controller', '.spec.controllerName'), status('Accepted', 'Accepted'), age],
  Gateway: [
    column('Class', '.spec.gatewayClassName'),
    column('Address', '.status.addresses[*].value'),
    status('Programmed', 'Programmed'),
    age,
  ],
  HTTPRoute: [hostnames, age],
  GRPCRoute: [hostnames, age],
  TLSRoute: [age],
  TCPRoute: [age],
  UDPRoute: [age],
  ReferenceGrant: [age],
  BackendTLSPolicy: [age],
  ListenerSet: [status('Accepted', 'Accepted'), status('Programmed', 'Programmed'), age],
}

/** Where what is stored is not the preferred version. */
const storedVersions: Readonly<Record<string, string>> = { Telemetry: 'v1alpha1', ReferenceGrant: 'v1beta1' }

export interface DefinitionOptions {
  /** Which kinds: those a mesh brings with it, or those of the Gateway API. Default: `istio`. */
  readonly family?: 'istio' | 'gateway-api'
}

export function customResourceDefinitions({ family = 'istio' }: DefinitionOptions = {}): readonly CustomResourceDefinition[] {
  const isMeant = ({ group, kind }: KindInfo): boolean =>
    customKind(group, kind)?.isFileOnly !== true &&
    (family === 'istio' ? group.endsWith('.istio.io') : group === 'gateway.networking.k8s.io')
  return kindTable.filter(isMeant).map(definition)
}

const istioLabels = { labels: { app: 'istio-pilot', istio: 'pilot' } }

/** Kubernetes asks groups of its own to say who approved a definition; these are not the project's own. */
const unapproved = {
  annotations: {
    'api-approved.kubernetes.io': 'unapproved, made from the schemas of Heddle; prefer the definitions of the Gateway API project',
  },
}

function isGatewayApi({ group }: KindInfo): boolean {
  return group === 'gateway.networking.k8s.io'
}

function definition(info: KindInfo): CustomResourceDefinition {
  const schema = rootSchema(info)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${info.plural}.${info.group}`, ...(isGatewayApi(info) ? unapproved : istioLabels) },
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
  const shown = isGatewayApi(info) ? gatewayApiColumns[info.kind] : columns[info.kind]
  return {
    name: version,
    served: true,
    storage: version === stored,
    ...(shown === undefined ? {} : { additionalPrinterColumns: shown }),
    ...(info.hasStatus ? { subresources: { status: {} } } : {}),
    schema: { openAPIV3Schema: schema },
  }
}

function rootSchema({ group, kind }: KindInfo): OpenApiSchema {
  const model = customKind(group, kind)
  if (model === undefined) return anyObject
  const isRequired = model.type.fields.get('spec')?.isRequired === true
  return {
    type: 'object',
    properties: { spec: openApiSchema(model.spec, { storesDefaults: group === 'gateway.networking.k8s.io' }), status: anyObject },
    ...(isRequired ? { required: ['spec'] } : {}),
  }
}
