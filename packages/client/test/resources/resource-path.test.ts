import { describe, expect, it } from 'vitest'
import { resourcePath } from '../../src/resources/resource-path.js'

describe('the path of a resource', () => {
  const configMaps = { group: '', version: 'v1', plural: 'configmaps' }

  it('is that of a collection without a name, and of one object with it', () => {
    expect(resourcePath(configMaps, { namespace: 'a' })).toBe('/api/v1/namespaces/a/configmaps')
    expect(resourcePath(configMaps, { namespace: 'a', name: 'b/c' })).toBe('/api/v1/namespaces/a/configmaps/b%2Fc')
  })

  it('is refused for an empty name, which would be every object', () => {
    expect(() => resourcePath(configMaps, { namespace: 'a', name: '' })).toThrow('resource name may not be empty')
  })
})
