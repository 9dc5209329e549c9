/** One code explained: why it matters, and YAML documents that give it. */

export type CodeExample = readonly [why: string, example: string]

/** A resource in one line. */
export function resource(kind: string, name: string, spec: string, namespace = 'default', metadata = ''): string {
  const more = metadata === '' ? '' : `, ${metadata}`
  return `---\napiVersion: ${versions[kind] ?? 'networking.istio.io/v1'}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}${more}}\nspec: ${spec}\n`
}

export function namespace(name: string, labels = ''): string {
  return `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}${labels === '' ? '' : `, labels: {${labels}}`}}\n`
}

/** A Service of workloads with the label app. */
export function service(name: string, ports = '[{name: http, port: 80}]', app = name): string {
  return resource('Service', name, `{selector: {app: ${app}}, ports: ${ports}}`)
}

export function pod(name: string, labels: string, metadata = '', spec = 'containers: [{name: app, image: app}]', home = 'default'): string {
  return resource('Pod', name, `{${spec}}`, home, `labels: {${labels}}${metadata === '' ? '' : `, ${metadata}`}`)
}

const versions: Readonly<Record<string, string>> = {
  Service: 'v1',
  Pod: 'v1',
  Deployment: 'apps/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
}
