import { describe, expect, it } from 'vitest'
import { createMeshSnapshot, type PeerAuthentication } from '../../src/index.js'
import { workloadMutualTls } from '../../src/tls/mutual-tls-mode.js'
import { peerAuthentication } from '../mesh.js'

const selecting = (name: string, mode: 'STRICT' | 'DISABLE', options = {}): PeerAuthentication =>
  peerAuthentication(name, { selector: { matchLabels: { app: 'hello' } }, mtls: { mode } }, options)

const modeOf = (namespace: string, policies: readonly PeerAuthentication[]) =>
  workloadMutualTls(createMeshSnapshot({ peerAuthentications: policies }), namespace, { app: 'hello' }).mode

describe('a policy that selects workloads', () => {
  it('has no effect from the root namespace, not even there', () => {
    const policy = selecting('root', 'STRICT', { namespace: 'istio-system' })
    expect(modeOf('default', [policy])).toBe('PERMISSIVE')
    expect(modeOf('istio-system', [policy])).toBe('PERMISSIVE')
  })

  it('wins over those of its namespace and of the mesh; of two the older one holds', () => {
    const mesh = peerAuthentication('mesh', { mtls: { mode: 'STRICT' } }, { namespace: 'istio-system' })
    const newer = selecting('a', 'STRICT', { createdAt: '2026-02-01T00:00:00Z' })
    expect(modeOf('default', [mesh, newer, selecting('b', 'DISABLE')])).toBe('DISABLE')
    expect(modeOf('other', [mesh, newer])).toBe('STRICT')
  })
})
