import { expect, it } from 'vitest'
import { createMeshSnapshot } from '../../src/index.js'
import type { MeshSnapshotInput } from '../../src/index.js'
import { gateway, pod } from '../mesh.js'

const ingress = pod('ingress', '10.0.0.9', { namespace: 'istio-system', labels: { istio: 'ingressgateway', app: 'gateway' } })
const issuesOf = (input: MeshSnapshotInput) => createMeshSnapshot(input).issues.map(({ code, path, message }) => [code, path, message])

it('a Gateway whose selector no Pod satisfies is told of, and one that a Pod of another namespace serves is not', () => {
  const served = gateway('served', [])
  const idle = { ...gateway('idle', []), spec: { selector: { istio: 'ingressgateway', app: 'mine' }, servers: [] } }
  expect(issuesOf({ gateways: [served, idle], pods: [ingress] })).toEqual([
    ['no-effect', 'spec.selector', 'no Pod has the labels istio=ingressgateway,app=mine: nothing serves this Gateway'],
  ])
})

it('an empty selector is every Pod, and without any Pod nothing is said', () => {
  const any = { ...gateway('any', []), spec: { selector: {}, servers: [] } }
  expect(issuesOf({ gateways: [any], pods: [ingress] })).toEqual([])
  expect(issuesOf({ gateways: [gateway('served', [])] })).toEqual([])
})
