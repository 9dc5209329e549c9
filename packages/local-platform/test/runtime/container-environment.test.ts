import { describe, expect, it } from 'vitest'
import { declaredEnvironment, type EnvironmentSources, expandReferences } from '../../src/runtime/container-environment.js'
import { parseQuantity, resourceValue } from '../../src/runtime/quantity.js'

const objects: Record<string, object> = {
  settings: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { COLOR: 'blue' } },
  keys: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { KEY: 'c2VjcmV0' } },
}
const find = (name: string): never => objects[name] as never
const sources: EnvironmentSources = {
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: { 'app.io/name': 'web' } },
    spec: { containers: [] },
  },
  place: { podIp: '127.9.0.1', nodeName: 'local', hostIp: '127.0.0.1' },
  configMap: find,
  secret: find,
}
const field = (fieldPath: string) => ({ name: 'X', valueFrom: { fieldRef: { fieldPath } } })

describe("a container's environment", () => {
  it('expands references to variables declared before, and leaves others and escapes', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)-$(C)-$$(A)' },
      { name: 'C', value: '$(B)' },
    ]
    expect(declaredEnvironment({ name: 'c', env }, sources)).toEqual({ A: '1', B: '1-$(C)-$(A)', C: '1-$(C)-$(A)' })
    expect(expandReferences('$(POD_NAMESPACE).svc.cluster.local', { POD_NAMESPACE: 'shop' })).toBe('shop.svc.cluster.local')
  })

  it('takes whole config maps and secrets with a prefix, and single keys', () => {
    const envFrom = [
      { configMapRef: { name: 'settings' } },
      { prefix: 'S_', secretRef: { name: 'keys' } },
      { configMapRef: { name: 'none', optional: true } },
    ]
    const env = [
      { name: 'K', valueFrom: { secretKeyRef: { name: 'keys', key: 'KEY' } } },
      { name: 'O', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
    ]
    expect(declaredEnvironment({ name: 'c', envFrom, env }, sources)).toEqual({ COLOR: 'blue', S_KEY: 'secret', K: 'secret' })
  })

  it.each([
    ['metadata.namespace', 'shop'],
    ["metadata.labels['app.io/name']", 'web'],
    ["metadata.annotations['none']", ''],
    ['spec.serviceAccountName', 'default'],
    ['spec.nodeName', 'local'],
    ['status.hostIP', '127.0.0.1'],
  ])('reads the field %s', (path, value) => {
    expect(declaredEnvironment({ name: 'c', env: [field(path)] }, sources)).toEqual({ X: value })
  })

  it.each([
    [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none' } } }, "couldn't find key none in configmap settings"],
    [{ name: 'X', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }, 'secret "none" not found'],
    [field('spec.containers'), 'fieldPath "spec.containers" is not supported'],
  ])('refuses a missing reference', (variable, message) => {
    expect(() => declaredEnvironment({ name: 'c', env: [variable] }, sources)).toThrow(message)
  })

  it.each([
    ['100m', 0.1],
    ['2', 2],
    ['128Mi', 134_217_728],
    ['1e3', 1000],
    ['2k', 2000],
    ['', undefined],
    ['1 Gi', undefined],
    ['1.2.3', undefined],
  ])('reads the quantity %j', (text, value) => {
    expect(parseQuantity(text)).toBe(value)
  })

  it('rounds resources up by their divisor and takes the machine for a missing limit', () => {
    const container = { name: 'c', resources: { limits: { cpu: '1500m', memory: '1Gi' } } }
    expect(resourceValue(container, { resource: 'limits.cpu', divisor: '1' })).toBe('2')
    expect(resourceValue(container, { resource: 'limits.cpu', divisor: '1m' })).toBe('1500')
    expect(resourceValue(container, { resource: 'limits.memory', divisor: '1Mi' })).toBe('1024')
    expect(Number(resourceValue({ name: 'c' }, { resource: 'limits.cpu' }))).toBeGreaterThan(0)
  })
})
