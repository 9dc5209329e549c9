/** The type that the runtime asks the API about. */
import type { ResourceType } from '@heddle/client'

export const podType: ResourceType = { group: '', version: 'v1', plural: 'pods' }
