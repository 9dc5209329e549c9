import { describe, expect, it } from 'vitest'
import { bySpecificity, hostCovers, narrowerHost, resolveHost } from '../../src/host/host-name.js'
import { isVisible } from '../../src/host/visibility.js'

describe('host names', () => {
  it('resolves short names against the namespace of the resource and leaves others alone', () => {
    expect(resolveHost('hello', 'shop', 'cluster.local')).toBe('hello.shop.svc.cluster.local')
    expect(resolveHost('Hello.Example', 'shop', 'cluster.local')).toBe('hello.example')
    expect(resolveHost('*', 'shop', 'cluster.local')).toBe('*')
  })

  it('knows what a wildcard covers', () => {
    expect(hostCovers('*.example', 'a.example')).toBe(true)
    expect(hostCovers('*.example', 'example')).toBe(false)
    expect(hostCovers('*.example', '*.a.example')).toBe(true)
    expect(hostCovers('a.example', '*.example')).toBe(false)
    expect(narrowerHost('*', '*.example')).toBe('*.example')
    expect(narrowerHost('a.example', '*.example')).toBe('a.example')
    expect(narrowerHost('a.example', 'b.example')).toBeUndefined()
  })

  it('sorts from narrow to wide', () => {
    expect(['*', '*.b', 'a.b', '*.a.b'].toSorted(bySpecificity)).toEqual(['a.b', '*.a.b', '*.b', '*'])
  })

  it('shows what is exported to everybody, to the own namespace, by name, or to nobody', () => {
    expect(isVisible(undefined, 'a', 'b')).toBe(true)
    expect(isVisible(['*'], 'a', 'b')).toBe(true)
    expect(isVisible(['.'], 'a', 'b')).toBe(false)
    expect(isVisible(['.'], 'a', 'a')).toBe(true)
    expect(isVisible(['c', 'b'], 'a', 'b')).toBe(true)
    expect(isVisible(['~'], 'a', 'a')).toBe(false)
  })
})
