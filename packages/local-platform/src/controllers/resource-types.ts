/** The resource types the controllers work with. */
import type { ResourceType } from '@heddle/client'

const core = (plural: string): ResourceType => ({ group: '', version: 'v1', plural })

export const configMaps: ResourceType = core('configmaps')
export const events: ResourceType = core('events')
export const namespaces: ResourceType = core('namespaces')
export const nodes: ResourceType = core('nodes')
export const pods: ResourceType = core('pods')
export const services: ResourceType = core('services')
export const serviceAccounts: ResourceType = core('serviceaccounts')
export const deployments: ResourceType = { group: 'apps', version: 'v1', plural: 'deployments' }
export const replicaSets: ResourceType = { group: 'apps', version: 'v1', plural: 'replicasets' }
export const statefulSets: ResourceType = { group: 'apps', version: 'v1', plural: 'statefulsets' }
export const daemonSets: ResourceType = { group: 'apps', version: 'v1', plural: 'daemonsets' }
export const jobs: ResourceType = { group: 'batch', version: 'v1', plural: 'jobs' }
export const cronJobs: ResourceType = { group: 'batch', version: 'v1', plural: 'cronjobs' }
export const endpoints: ResourceType = core('endpoints')
export const endpointSlices: ResourceType = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }
