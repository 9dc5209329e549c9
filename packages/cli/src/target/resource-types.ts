/** The kinds that commands address themselves. */
import type { ResourceType } from '@heddle/client/resources'

export { configMaps, secrets } from '@heddle/client/resources'

const type = (group: string, version: string, plural: string): ResourceType => ({ group, version, plural })

export const pods: ResourceType = type('', 'v1', 'pods')
export const services: ResourceType = type('', 'v1', 'services')
export const namespaces: ResourceType = type('', 'v1', 'namespaces')
export const serviceAccounts: ResourceType = type('', 'v1', 'serviceaccounts')
export const endpointSlices: ResourceType = type('discovery.k8s.io', 'v1', 'endpointslices')
export const events: ResourceType = type('', 'v1', 'events')
export const deployments: ResourceType = type('apps', 'v1', 'deployments')
