import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyNamesFile, readNamesFile, writeNamesFile } from '@heddle/client'
import type { NameTable } from '@heddle/xds'
import { describe, expect, it } from 'vitest'
import { createMeshNames } from '../../src/engine/mesh-names.js'

const table: NameTable = {
  'web.default.svc.cluster.local': { addresses: ['10.0.0.1'], registry: 'Kubernetes', shortName: 'web', namespace: 'default' },
  'pay.bank.svc.cluster.local': { addresses: ['10.0.0.2'], registry: 'Kubernetes', shortName: 'pay', namespace: 'bank' },
  'Example.ORG.': { addresses: ['10.0.0.3'], registry: 'External', shortName: '', namespace: '' },
}

describe('the names of the mesh', () => {
  it('have their short forms, the bare one only in the Pod’s own namespace', () => {
    const names = createMeshNames('default', undefined)
    names.update(table)
    for (const host of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', 'WEB.default.svc.']) {
      expect(names.resolve(host)).toBe('10.0.0.1')
    }
    expect(names.resolve('pay')).toBeUndefined()
    expect(names.resolve('pay.bank')).toBe('10.0.0.2')
    expect(names.resolve('example.org')).toBe('10.0.0.3')
  })

  it('leave addresses as they are', () => {
    const names = createMeshNames('default', undefined)
    expect(names.resolve('192.0.2.1')).toBe('192.0.2.1')
    expect(names.resolve('[::1]')).toBe('::1')
    expect(names.resolve('nobody')).toBeUndefined()
    expect(names.resolve('constructor')).toBeUndefined()
  })

  it('go into the Pod’s file beside its token, with the place where connections are captured', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-names-'))
    const namesPath = join(folder, 'names.json')
    writeNamesFile(namesPath, emptyNamesFile('secret'))
    createMeshNames('default', {
      root: folder,
      podIp: '127.5.0.2',
      appAddress: '127.5.0.3',
      isInjected: true,
      portMap: {},
      namesPath,
      platformNamesPath: undefined,
      externalAddress: undefined,
      workloadSocketPath: undefined,
      keptPath: undefined,
    }).update(table)
    const file = readNamesFile(namesPath)
    expect(file).toMatchObject({ token: 'secret', capture: { address: '127.5.0.2', port: 15001 }, names: { web: ['10.0.0.1'] } })
    rmSync(folder, { recursive: true, force: true })
  })
})
