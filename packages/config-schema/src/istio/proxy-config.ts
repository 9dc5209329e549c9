/** networking.istio.io ProxyConfig: settings of proxies that take effect when their Pod starts. */
import { described, int32, map, object, text, type ObjectType } from '../model/field-type.js'
import { workloadSelector } from './shared.js'

export const proxyConfigSpec: ObjectType = object(
  'ProxyConfigSpec',
  {
    selector: described(workloadSelector, 'Absent means the whole namespace; in the root namespace, the whole mesh.'),
    concurrency: { type: int32, isNullable: true, doc: 'Worker threads; 0 means one for each core.' },
    environmentVariables: described(map(text(undefined, { maxLength: 2048 })), 'Variables of the proxy container.'),
    image: object('ProxyImage', { imageType: described(text(), 'default, debug or distroless.') }),
  },
  { doc: 'Settings of proxies; they take effect when a Pod is made.' },
)
