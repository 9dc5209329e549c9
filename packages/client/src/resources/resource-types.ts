/** Where the kinds of the core API live that more than one package asks for. */
import type { ResourceType } from './resource-client.js'

export const configMaps: ResourceType = { group: '', version: 'v1', plural: 'configmaps' }
export const secrets: ResourceType = { group: '', version: 'v1', plural: 'secrets' }
