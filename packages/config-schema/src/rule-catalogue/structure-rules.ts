/** Rules of reading and of structure, with an example each: the first lines of the page of rules. */
import type { RuleRow } from './rule-row.js'

const hostile = 'Manifests from outside may not cost more time or memory than their size allows.'
const aliases = Array.from(
  { length: 12 },
  (_, level) => `k${level + 1}: &a${level + 1} [${Array<string>(9).fill(`*a${level}`).join(', ')}]`,
)

export const readingRules: readonly RuleRow[] = [
  [
    'yaml-syntax',
    'text',
    'kind: Service\nmetadata: {name: a\n',
    'The text cannot be read as YAML. One broken spot often breaks the lines after it, so mend the first.',
  ],
  ['yaml-tab', 'text', 'kind: Service\nmetadata:\n\tname: a\n', 'YAML is indented with spaces only.'],
  [
    'yaml-duplicate-key',
    'text',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n',
    'Which of the two counts depends on the reader, so neither does.',
  ],
  ['yaml-forbidden-key', 'text', '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, __proto__: {}}\n', hostile],
  ['yaml-bad-key', 'text', '{[a, b]: c}\n', 'Keys become names in JSON.'],
  ['yaml-bad-alias', 'text', 'hosts: *.example.com\n', 'A "*" begins an alias in YAML; as text it needs quotes.'],
  ['yaml-bad-merge', 'text', '<<: text\n', 'A merge key joins mappings.'],
  ['yaml-alias-bomb', 'text', `k0: &a0 [x, x, x, x, x, x, x, x, x]\n${aliases.join('\n')}\n`, hostile],
  ['yaml-unknown-tag', 'text', 'a: !custom b\n', 'Kubernetes knows no types of its own in YAML.'],
  ['yaml-too-deep', 'text', '['.repeat(300), hostile],
  ['yaml-too-large', 'text', `a: ${'x'.repeat(1_600_000)}\n`, 'An API server stores no larger object.'],
  ['yaml-too-many-documents', 'text', 'a: 1\n---\n'.repeat(5001), hostile],
  ['yaml-control-character', 'text', 'a: "\u0007"\n', ''],
  ['yaml-hidden-character', 'text', 'kind: Service\u202E\n', hostile],
  ['yaml-too-many-marks', 'text', ','.repeat(250_001), hostile],
  ['not-a-resource', 'text', 'just text\n', 'Every document of a manifest is one resource.'],
  [
    'kind-not-supported',
    'text',
    'apiVersion: rbac.istio.io/v1alpha1\nkind: ServiceRole\nmetadata: {name: a}\n',
    "Kinds of articles from Istio's first years say what took their place. Of kinds of other projects nothing is known: heddle validate warns and goes on.",
  ],
  [
    'wrong-api-version',
    'text',
    'apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n',
    'The kind is known in another group or version.',
  ],
]

const route = 'route: [{destination: {host: a}}]'

export const structureRules: readonly RuleRow[] = [
  [
    'unknown-field',
    'VirtualService',
    '{hosts: [a], http: [{rout: [{destination: {host: a}}]}]}',
    'Istio itself passes over unknown fields in silence; then a misspelt field does nothing.',
  ],
  ['missing-field', 'DestinationRule', '{subsets: []}', ''],
  ['wrong-type', 'VirtualService', `{hosts: [a], http: [{${route}, timeout: 5}]}`, ''],
  [
    'null-value',
    'VirtualService',
    `{hosts: [a], gateways: , http: [{${route}}]}`,
    'An API server drops the field. Often the lines below are not indented enough. A field that is required is an error.',
  ],
  ['bad-enum', 'PeerAuthentication', '{mtls: {mode: STRCIT}}', ''],
  ['out-of-range', 'VirtualService', '{hosts: [a], http: [{route: [{destination: {host: a, port: {number: 70000}}}]}]}', ''],
  ['one-of', 'VirtualService', `{hosts: [a], http: [{match: [{uri: {exact: /a, prefix: /b}}], ${route}}]}`, ''],
  ['list-size', 'ServiceEntry', '{hosts: []}', ''],
  ['map-size', 'PeerAuthentication', '{selector: {matchLabels: {a: b}}, portLevelMtls: {}}', ''],
  ['text-length', 'WasmPlugin', '{url: ""}', ''],
  [
    'deprecated-field',
    'VirtualService',
    `{hosts: [a], http: [{${route}, corsPolicy: {allowOrigin: [a]}}]}`,
    'It still works; the field named in the message took its place.',
  ],
  ['bad-address', 'WorkloadEntry', '{address: "not an address"}', ''],
  [
    'bad-base64',
    'text',
    'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: "not base64!"}\n',
    'Plain text goes under stringData.',
  ],
  ['bad-checksum', 'WasmPlugin', '{url: oci://a/b, sha256: abc}', ''],
  ['bad-data-key', 'text', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {"a b": c}\n', 'Keys become names of files.'],
  ['bad-duration', 'VirtualService', `{hosts: [a], http: [{${route}, timeout: 5 seconds}]}`, ''],
  ['bad-export-to', 'VirtualService', `{hosts: [a], exportTo: ["*", prod], http: [{${route}}]}`, ''],
  ['bad-gateway-name', 'VirtualService', `{hosts: [a], gateways: [a/b/c], http: [{${route}}]}`, ''],
  ['bad-header-name', 'VirtualService', `{hosts: [a], http: [{${route}, headers: {request: {set: {"x y": z}}}}]}`, ''],
  [
    'bad-header-value',
    'VirtualService',
    `{hosts: [a], http: [{${route}, headers: {request: {set: {x-share: "50%"}}}}]}`,
    'A "%" begins a variable of the proxy.',
  ],
  ['bad-host', 'VirtualService', `{hosts: ["http://a.example.com"], http: [{${route}}]}`, ''],
  ['bad-label', 'DestinationRule', '{host: a, subsets: [{name: v1, labels: {version: "a b"}}]}', ''],
  ['bad-name', 'DestinationRule', '{host: a, subsets: [{name: v_1}]}', ''],
  ['bad-percentage', 'VirtualService', `{hosts: [a], http: [{${route}, mirror: {host: b}, mirrorPercentage: {value: 101}}]}`, ''],
  ['bad-port', 'ServiceEntry', '{hosts: [a.com], ports: [{number: 99999, name: http, protocol: HTTP}]}', ''],
  [
    'bad-quantity',
    'text',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b, resources: {limits: {cpu: a lot}}}]}\n',
    '',
  ],
  [
    'bad-regex',
    'VirtualService',
    `{hosts: [a], http: [{match: [{uri: {regex: "(?=a)b"}}], ${route}}]}`,
    'Proxies use RE2, which matches in linear time and therefore has no lookaround and no backreferences.',
  ],
  ['bad-status', 'VirtualService', '{hosts: [a], http: [{directResponse: {status: 99}}]}', ''],
  [
    'bad-time',
    'text',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: yesterday}\nspec: {containers: [{name: a, image: b}]}\n',
    '',
  ],
  ['selector-empty', 'PeerAuthentication', '{selector: {}}', 'Leave the selector out to mean every workload.'],
  [
    'internal-annotation',
    'text',
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a, annotations: {internal.istio.io/parents: b}}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}\n',
    '',
  ],
  [
    'dry-run',
    'text',
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a, annotations: {istio.io/dry-run: "true"}}\nspec: {host: a}\n',
    '',
  ],
  ['target-ref/kind', 'AuthorizationPolicy', '{targetRefs: [{kind: Deployment, group: apps, name: a}]}', ''],
  ['target-ref/namespace', 'AuthorizationPolicy', '{targetRefs: [{kind: Service, group: "", name: a, namespace: b}]}', ''],
  [
    'not-executed',
    'heddle:Telemetry',
    '{accessLogging: [{disabled: true}]}',
    "The resource is right for Istio, and Heddle's own mesh does nothing with it yet. Asked with `target: 'heddle'`, and by the command unless it gets --target istio.",
  ],
  [
    'not-enforced',
    'heddle:AuthorizationPolicy',
    '{rules: [{}]}',
    "The resource is right for Istio, and Heddle's own mesh does not enforce it: a policy that silently does nothing is worse than an error. Asked with `target: 'heddle'`; `heddle validate` only warns, unless it gets --target heddle.",
  ],
]
