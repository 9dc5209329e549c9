/** The kinds that commands address themselves. */
import type { ResourceType } from '@heddle/client'

const type = (group: string, version: string, plural: string): ResourceType => ({ group, version, plural })

export const pods: ResourceType = type('', 'v1', 'pods')
export const services: ResourceType = type('', 'v1', 'services')
export const namespaces: ResourceType = type('', 'v1', 'namespaces')
export const serviceAccounts: ResourceType = type('', 'v1', 'serviceaccounts')
export const configMaps: ResourceType = type('', 'v1', 'configmaps')
export const events: ResourceType = type('', 'v1', 'events')
export const deployments: ResourceType = type('apps', 'v1', 'deployments')
export const replicaSets: ResourceType = type('apps', 'v1', 'replicasets')
export const endpointSlices: ResourceType = type('discovery.k8s.io', 'v1', 'endpointslices')
export const customResourceDefinitions: ResourceType = type('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
export const peerAuthentications: ResourceType = type('security.istio.io', 'v1', 'peerauthentications')
export const virtualServices: ResourceType = type('networking.istio.io', 'v1', 'virtualservices')
export const destinationRules: ResourceType = type('networking.istio.io', 'v1', 'destinationrules')
export const gateways: ResourceType = type('networking.istio.io', 'v1', 'gateways')
