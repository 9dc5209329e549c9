/** The kinds the control plane watches, each with the field of the snapshot's input it fills. */
import type { ResourceType } from '@heddle/client'
import type { MeshSnapshotInput } from '@heddle/translation'

export type SnapshotField = Exclude<keyof MeshSnapshotInput, 'meshConfig'>

const core = (plural: string): ResourceType => ({ group: '', version: 'v1', plural })
const networking = (plural: string): ResourceType => ({ group: 'networking.istio.io', version: 'v1', plural })

export const watchedTypes: Readonly<Record<SnapshotField, ResourceType>> = {
  services: core('services'),
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  pods: core('pods'),
  namespaces: core('namespaces'),
  serviceAccounts: core('serviceaccounts'),
  nodes: core('nodes'),
  virtualServices: networking('virtualservices'),
  destinationRules: networking('destinationrules'),
  gateways: networking('gateways'),
  serviceEntries: networking('serviceentries'),
  workloadEntries: networking('workloadentries'),
  sidecars: networking('sidecars'),
  peerAuthentications: { group: 'security.istio.io', version: 'v1', plural: 'peerauthentications' },
}
