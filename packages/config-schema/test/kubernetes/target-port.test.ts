import { expect, it } from 'vitest'
import { targetPortNumber } from '../../src/kubernetes/target-port.js'

const pod = {
  initContainers: [
    { ports: [{ name: 'http', containerPort: 1 }] },
    { restartPolicy: 'Always', ports: [{ name: 'admin', containerPort: 15000 }] },
  ],
  containers: [
    {
      ports: [
        { name: 'http', containerPort: 53, protocol: 'UDP' as const },
        { name: 'http', containerPort: 8080 },
      ],
    },
  ],
}

it.each([
  ['its own number', { port: 80 }, 80],
  ['a number', { port: 80, targetPort: 9 }, 9],
  ['a number as text', { port: 80, targetPort: '9' }, 9],
  ['a name, by protocol and not of an init container that ends', { port: 80, targetPort: 'http' }, 8080],
  ['a name of another protocol', { port: 53, targetPort: 'http', protocol: 'UDP' as const }, 53],
  ['a name of a native sidecar', { port: 80, targetPort: 'admin' }, 15000],
  ['a name that no container has', { port: 80, targetPort: 'grpc' }, undefined],
])('a Service port stands for %s', (_what, port, expected) => {
  expect(targetPortNumber(pod, port)).toBe(expected)
})

it('finds only numbers without a Pod', () => {
  expect([targetPortNumber(undefined, { port: 80 }), targetPortNumber(undefined, { port: 80, targetPort: 'http' })]).toEqual([
    80,
    undefined,
  ])
})
