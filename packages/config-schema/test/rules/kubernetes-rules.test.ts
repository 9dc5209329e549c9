import { describe, expect, it } from 'vitest'
import { validateObject } from '../../src/validate/validate.js'

const errorsOf = (value: unknown) =>
  validateObject(value)
    .diagnostics.filter((fault) => fault.severity === 'error')
    .map((fault) => `${fault.path} ${fault.ruleId}`)

const metadata = { name: 'a' }
const service = (spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata, spec })
const deployment = (container: object, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i', ...container }], ...more } },
  },
})
const at = 'spec.template.spec'

const ingress = (port: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata,
  spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port } } }] } }] },
})
const backend = 'spec.rules[0].http.paths[0].backend.service'

const budget = (spec: object) => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec })
const rollout = (maxSurge: unknown) => {
  const value = deployment({})
  return { ...value, spec: { ...value.spec, strategy: { rollingUpdate: { maxSurge, maxUnavailable: 0 } } } }
}

describe('Kubernetes rules', () => {
  it('know a number of Pods and a part of them', () => {
    const share = (value: unknown) => validateObject(rollout(value)).diagnostics
    for (const value of [1, '25%', '150%']) expect(share(value)).toEqual([])
    expect(share('25 %')).toMatchObject([{ suggestion: '25%', path: 'spec.strategy.rollingUpdate.maxSurge' }])
    expect(share('2')).toMatchObject([{ suggestion: '2', ruleId: 'wrong-type' }])
    expect(errorsOf(budget({ minAvailable: '50%', selector: {} }))).toEqual([])
  })

  it.each([
    ['an Ingress with an impossible port', ingress({ number: -1 }), `${backend}.port.number bad-port`],
    ['an Ingress without a port', ingress({}), `${backend}.port missing-field`],
    ['a selector of a Service that no label fits', service({ selector: { a: '*' }, ports: [{ port: 1 }] }), 'spec.selector.a bad-label'],
    ['a rollout of a word', rollout('some'), 'spec.strategy.rollingUpdate.maxSurge workload/share'],
    ['a rollout of less than nothing', rollout(-1), 'spec.strategy.rollingUpdate.maxSurge out-of-range'],
    ['a budget of a fraction', budget({ minAvailable: '0.5' }), 'spec.minAvailable workload/share'],
    ['a Service without ports', service({ selector: {} }), 'spec.ports service/ports-required'],
    ['a port that is too large', service({ ports: [{ port: 70_000 }] }), 'spec.ports[0].port bad-port'],
    [
      'several ports without names',
      service({ ports: [{ port: 1, name: 'a' }, { port: 2 }] }),
      'spec.ports[1].name service/port-name-required',
    ],
    [
      'a port name that stands twice',
      service({
        ports: [
          { port: 1, name: 'a' },
          { port: 2, name: 'a' },
        ],
      }),
      'spec.ports[1].name service/duplicate-port-name',
    ],
    ['a Service name with a capital', { ...service({ ports: [{ port: 1 }] }), metadata: { name: 'A' } }, 'metadata.name bad-name'],
    ['a resource without a name', { ...service({ ports: [{ port: 1 }] }), metadata: {} }, 'metadata.name missing-field'],
    [
      'a label with a space',
      { ...service({ ports: [{ port: 1 }] }), metadata: { name: 'a', labels: { x: 'a b' } } },
      'metadata.labels.x bad-label',
    ],
    ['a container without an image', deployment({ image: undefined }), `${at}.containers[0].image missing-field`],
    [
      'containers of one name',
      deployment({}, { initContainers: [{ name: 'c', image: 'i' }] }),
      `${at}.containers[0].name pod/duplicate-container`,
    ],
    ['a container port of 0', deployment({ ports: [{ containerPort: 0 }] }), `${at}.containers[0].ports[0].containerPort bad-port`],
    ['a volume whose name is a path', deployment({}, { volumes: [{ name: '../../v', emptyDir: {} }] }), `${at}.volumes[0].name bad-name`],
    [
      'a mount without its volume',
      deployment({ volumeMounts: [{ name: 'v', mountPath: '/' }] }),
      `${at}.containers[0].volumeMounts[0].name pod/unknown-volume`,
    ],
    [
      'a probe with two handlers',
      deployment({ livenessProbe: { httpGet: { port: 1 }, grpc: { port: 1 } } }),
      `${at}.containers[0].livenessProbe.grpc one-of`,
    ],
    [
      'a quantity that is none',
      deployment({ resources: { limits: { cpu: 'much' } } }),
      `${at}.containers[0].resources.limits.cpu bad-quantity`,
    ],
    ['a Deployment that restarts never', deployment({}, { restartPolicy: 'Never' }), `${at}.restartPolicy workload/restart-policy`],
    ['an unknown field of a container', deployment({ imagePullPolcy: 'Always' }), `${at}.containers[0].imagePullPolcy unknown-field`],
    ['a ConfigMap key with a slash', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'a/b': '' } }, 'data["a/b"] bad-data-key'],
  ])('refuse %s', (_, value, fault) => {
    expect(errorsOf(value)).toContain(fault)
  })

  it('names the label that the template lacks', () => {
    const value = deployment({})
    const spec = { ...value.spec, selector: { matchLabels: { app: 'b' } } }
    expect(errorsOf({ ...value, spec })).toEqual(['spec.selector.matchLabels.app workload/selector-mismatch'])
  })

  it('read null as absent, as the API server does', () => {
    const value = deployment({ ports: null, resources: { limits: { cpu: 0.5, memory: '128Mi' } } })
    expect(errorsOf({ ...value, metadata: { ...metadata, creationTimestamp: null } })).toEqual([])
  })
})
