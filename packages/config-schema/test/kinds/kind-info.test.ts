import { describe, expect, it } from 'vitest'
import { isKnownKind, kindInfo, kindsInCategory, preferredApiVersion, resolveResourceName } from '../../src/kinds/kind-info.js'
import { validateObject } from '../../src/validate/validate.js'

const problemOf = (apiVersion: string, kind: string) => validateObject({ apiVersion, kind, metadata: { name: 'a' } }).diagnostics[0]

describe('kinds', () => {
  it.each([
    ['po', 'Pod'],
    ['pods', 'Pod'],
    ['Pod', 'Pod'],
    ['svc', 'Service'],
    ['deploy', 'Deployment'],
    ['deployments.apps', 'Deployment'],
    ['vs', 'VirtualService'],
    ['virtualservices.networking.istio.io', 'VirtualService'],
    ['gw', 'Gateway'],
    ['dr.v1beta1.networking.istio.io', 'DestinationRule'],
    ['pa', 'PeerAuthentication'],
    ['ns', 'Namespace'],
    ['crd', 'CustomResourceDefinition'],
    ['sa', 'ServiceAccount'],
    ['endpointslices', 'EndpointSlice'],
  ])('resolve the name %s', (name, kind) => {
    expect(resolveResourceName(name)?.kind).toBe(kind)
  })

  it('know scope, versions and categories', () => {
    expect(kindInfo('v1', 'Namespace')?.isNamespaced).toBe(false)
    expect(kindInfo('networking.istio.io/v1alpha3', 'Gateway')).toMatchObject({ plural: 'gateways', isNamespaced: true, hasStatus: true })
    expect(kindInfo('networking.istio.io/v2', 'Gateway')).toBeUndefined()
    expect(resolveResourceName('nothing')).toBeUndefined()
    expect(kindsInCategory('all').map((info) => info.kind)).toContain('Deployment')
    expect(preferredApiVersion(kindInfo('networking.istio.io/v1beta1', 'Gateway') as NonNullable<ReturnType<typeof kindInfo>>)).toBe(
      'networking.istio.io/v1',
    )
    expect(isKnownKind('networking.istio.io/v1', 'ServiceEntry')).toBe(true)
    expect(isKnownKind('networking.istio.io/v1', 'EnvoyFilter')).toBe(false)
  })

  it('are refused by name when they are not supported', () => {
    expect(problemOf('networking.istio.io/v1', 'EnvoyFilter')).toMatchObject({ ruleId: 'wrong-api-version', path: 'apiVersion' })
    expect(problemOf('example.com/v1', 'Thing')).toMatchObject({ ruleId: 'kind-not-supported' })
  })

  it("of articles from Istio's first years say what took their place", () => {
    expect(problemOf('rbac.istio.io/v1alpha1', 'ServiceRole')?.message).toContain('AuthorizationPolicy')
    expect(problemOf('authentication.istio.io/v1alpha1', 'Policy')?.message).toContain('PeerAuthentication')
    expect(problemOf('config.istio.io/v1alpha2', 'RouteRule')?.message).toContain('VirtualService')
  })

  it('with a wrong version or spelling get a suggestion', () => {
    expect(problemOf('extensions/v1beta1', 'Deployment')).toMatchObject({
      ruleId: 'wrong-api-version',
      path: 'apiVersion',
      suggestion: 'apps/v1',
    })
    expect(problemOf('v1', 'Deployment')).toMatchObject({ suggestion: 'apps/v1' })
    expect(problemOf('networking.istio.io/v1alpha1', 'VirtualService')).toMatchObject({ suggestion: 'networking.istio.io/v1' })
    expect(problemOf('networking.istio.io/v1alpha3', 'PeerAuthentication')).toMatchObject({ suggestion: 'security.istio.io/v1' })
    expect(problemOf('serving.knative.dev/v1', 'Service')).toMatchObject({ ruleId: 'kind-not-supported' })
    expect(problemOf('gateway.networking.k8s.io/v1', 'Gateway')).toMatchObject({ ruleId: 'missing-field', path: 'spec' })
    expect(problemOf('networking.istio.io/v1', 'VirtualServce')).toMatchObject({
      ruleId: 'kind-not-supported',
      suggestion: 'VirtualService',
    })
    expect(problemOf('v1', 'Sevice')).toMatchObject({ suggestion: 'Service' })
    expect(problemOf('v1', 'PersistentVolume')).not.toHaveProperty('suggestion')
    expect(validateObject({ apiversion: 'v1', kind: 'Pod' }).diagnostics[0]).toMatchObject({ path: 'apiversion', suggestion: 'apiVersion' })
  })
})
