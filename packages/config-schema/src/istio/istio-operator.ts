/** install.istio.io IstioOperator: the file format in which an installation is described. Components are known, their values are not. */
import { anything, described, list, map, object, text, type ObjectType } from '../model/field-type.js'
import { meshConfigType } from './mesh-config.js'
import { optionalFlag } from './shared.js'

const componentFields = {
  enabled: optionalFlag,
  namespace: text(),
  hub: text(),
  tag: anything,
  k8s: described(map(anything), 'Settings of the Kubernetes objects of the component.'),
}

const component = object('OperatorComponent', componentFields)
const gateway = object('OperatorGateway', { ...componentFields, name: text(), label: map(text()) })

export const istioOperatorSpec: ObjectType = object(
  'IstioOperatorSpec',
  {
    profile: described(text(), 'default, demo, minimal, ambient, remote, empty or preview.'),
    installPackagePath: text(),
    hub: text(),
    tag: anything,
    resourceSuffix: text(),
    namespace: text(),
    revision: text(),
    compatibilityVersion: text(),
    defaultRevision: optionalFlag,
    meshConfig: meshConfigType,
    components: object('OperatorComponents', {
      base: component,
      pilot: component,
      cni: component,
      ztunnel: component,
      istiodRemote: component,
      ingressGateways: list(gateway),
      egressGateways: list(gateway),
    }),
    addonComponents: map(anything),
    values: described(map(anything), 'Values of the Helm charts.'),
    unvalidatedValues: map(anything),
  },
  { doc: 'How a mesh is installed.' },
)
