/** Which fields name other resources, or parts of them. */
import type { FieldPath } from '../../path.js'

export type ReferenceKind =
  | 'host'
  /** A host behind `NAMESPACE/`. */
  | 'scoped-host'
  | 'subset'
  /** Where a subset gets its name. */
  | 'subset-definition'
  | 'gateway'
  | 'virtual-service'
  /** A Service by its bare name. */
  | 'service'
  | 'gateway-api-gateway'
  | 'namespace'

type Row = readonly [kinds: readonly string[], path: RegExp, reference: ReferenceKind]

const destination = String.raw`(?:http\.\*\.mirror|(?:http|tls|tcp)\.\*\.(?:route|mirrors)\.\*\.destination)`
const routes = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']

const rows: readonly Row[] = [
  [['VirtualService'], new RegExp(String.raw`^spec\.${destination}\.host$`), 'host'],
  [['VirtualService'], new RegExp(String.raw`^spec\.${destination}\.subset$`), 'subset'],
  [['VirtualService'], /^spec\.hosts\.\*$/, 'host'],
  [['VirtualService'], /^spec\.(?:gateways|(?:http|tls|tcp)\.\*\.match\.\*\.gateways)\.\*$/, 'gateway'],
  [['VirtualService'], /^spec\.http\.\*\.delegate\.name$/, 'virtual-service'],
  [['DestinationRule'], /^spec\.host$/, 'host'],
  [['DestinationRule'], /^spec\.subsets\.\*\.name$/, 'subset-definition'],
  [['Sidecar'], /^spec\.egress\.\*\.hosts\.\*$/, 'scoped-host'],
  [['Ingress'], /^spec\.(?:defaultBackend|rules\.\*\.http\.paths\.\*\.backend)\.service\.name$/, 'service'],
  [routes, /^spec\.rules\.\*\.(?:filters\.\*\.requestMirror\.backendRef|backendRefs\.\*)\.name$/, 'service'],
  [routes, /^spec\.parentRefs\.\*\.name$/, 'gateway-api-gateway'],
]

/** What a field refers to, whatever stands in it; undefined for a field that names nothing else. */
export function referenceKindAt(kind: string, path: FieldPath): ReferenceKind | undefined {
  const pattern = path.map((segment) => (typeof segment === 'number' ? '*' : segment)).join('.')
  if (pattern === 'metadata.namespace') return 'namespace'
  return rows.find(([kinds, expression]) => kinds.includes(kind) && expression.test(pattern))?.[2]
}
