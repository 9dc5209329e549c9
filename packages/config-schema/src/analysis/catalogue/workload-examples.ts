/** Codes of workloads: Services' ports, sidecars, annotations. */
import type { Code } from '../codes.js'
import { namespace, pod, resource, service, type CodeExample } from './code-example.js'

const deployment = (name: string, spec = 'containers: [{name: app, image: app}]', metadata = ''): string =>
  resource(
    'Deployment',
    name,
    `{selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}${metadata}}, spec: {${spec}}}}`,
  )

type WorkloadCode = Extract<
  Code,
  | 'IST0102'
  | 'IST0103'
  | 'IST0107'
  | 'IST0108'
  | 'IST0116'
  | 'IST0118'
  | 'IST0123'
  | 'IST0125'
  | 'IST0135'
  | 'IST0136'
  | 'IST0137'
  | 'IST0144'
  | 'IST0146'
  | 'IST0147'
  | 'IST0148'
  | 'IST0150'
>

export const workloadExamples: Readonly<Record<WorkloadCode, CodeExample>> = {
  IST0102: ['Pods without a sidecar are not part of the mesh.', namespace('shop')],
  IST0103: [
    'Sidecars are added when a Pod is created; those that were there before have none.',
    namespace('shop', 'istio-injection: enabled') + pod('old', 'app: a', '', undefined, 'shop'),
  ],
  IST0107: [
    'Annotations of Pods do nothing on what makes the Pods.',
    resource('Service', 'a', '{ports: [{name: http, port: 80}]}', 'default', 'annotations: {sidecar.istio.io/proxyCPU: 100m}'),
  ],
  IST0108: ['A misspelt annotation is ignored without a word.', pod('a', 'app: a', 'annotations: {sidecar.istio.io/proxyCPUs: 100m}')],
  IST0116: [
    'A port speaks one protocol; which of them the sidecar takes is not defined.',
    deployment('a') +
      service('a', '[{name: http, port: 80, targetPort: 8080}]') +
      service('b', '[{name: tcp, port: 80, targetPort: 8080}]', 'a'),
  ],
  IST0118: [
    'The protocol is then detected from the first bytes, which fails for protocols in which the server speaks first.',
    service('a', '[{name: web, port: 8080}]'),
  ],
  IST0123: [
    'Labels that contradict each other leave it open whether and by whom Pods get a sidecar.',
    namespace('shop', 'istio-injection: enabled, istio.io/rev: canary'),
  ],
  IST0125: [
    'A value that cannot be read is ignored, or keeps the Pod from starting.',
    pod('a', 'app: a', 'annotations: {sidecar.istio.io/proxyCPU: lots}'),
  ],
  IST0135: [
    'Annotations that are given up may stop working with the next version.',
    pod('a', 'app: a', 'annotations: {sidecar.istio.io/discoveryAddress: "istiod:15012"}'),
  ],
  IST0136: ['Experimental features may change or be taken away.', pod('a', 'app: a', 'annotations: {sidecar.istio.io/logLevel: debug}')],
  IST0137: [
    'One port of a workload behind two Services must have one number in both.',
    deployment('a') +
      service('a', '[{name: http, port: 80, targetPort: 8080}]') +
      service('b', '[{name: http, port: 81, targetPort: 8080}]', 'a'),
  ],
  IST0144: [
    'Traffic of the user 1337 is taken for the sidecar’s own and passes by the mesh.',
    pod('a', 'app: a', '', 'securityContext: {runAsUser: 1337}, containers: [{name: app, image: app}]'),
  ],
  IST0146: [
    'Without the injector there is no image of this name, and Pods do not start.',
    namespace('default', 'istio-injection: disabled') + deployment('a', 'containers: [{name: istio-proxy, image: auto}]'),
  ],
  IST0147: [
    'Without the injector there is no image of this name, and the Pod does not start.',
    namespace('default', 'istio-injection: disabled') + pod('a', 'app: a', '', 'containers: [{name: istio-proxy, image: auto}]'),
  ],
  IST0148: [
    'The mesh takes every namespace that does not refuse.',
    namespace('shop') +
      '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-sidecar-injector, namespace: istio-system}\ndata: {values: "{\\"sidecarInjectorWebhook\\": {\\"enableNamespacesByDefault\\": true}}"}\n',
  ],
  IST0150: [
    'The sidecar then takes every connection to this port for the external host.',
    resource('Service', 'a', '{type: ExternalName, externalName: a.example.com, ports: [{name: web, port: 8080}]}'),
  ],
}
