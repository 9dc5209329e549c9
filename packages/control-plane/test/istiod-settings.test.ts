import { describe, expect, it } from 'vitest'
import { readSettings } from '../src/istiod-settings.js'

describe('the settings of heddle-istiod', () => {
  it('have Istio’s defaults', () => {
    expect(readSettings(['discovery'], {})).toEqual({
      address: '127.0.0.1',
      namespace: 'istio-system',
      trustDomain: undefined,
      clusterDomain: 'cluster.local',
      revision: 'default',
      audiences: ['istio-ca'],
      isReviewing: undefined,
      jwtRules: undefined,
      ports: { secureGrpc: 15012, monitoring: 15014, telemetry: 42422, bundle: 8443 },
      webCertificate: undefined,
      lifetimes: {},
    })
  })

  it('limit how long certificates live, in Istio’s words', () => {
    const lifetimesOf = (env: Record<string, string>) => readSettings(['discovery'], env).lifetimes
    expect(
      lifetimesOf({ DEFAULT_WORKLOAD_CERT_TTL: '1h', MAX_WORKLOAD_CERT_TTL: '12h0m0s', CITADEL_SELF_SIGNED_CA_CERT_TTL: '87600h0m0s' }),
    ).toEqual({ defaultTtlSeconds: 3600, maxTtlSeconds: 43_200, rootTtlSeconds: 315_360_000 })
    expect(lifetimesOf({ MAX_WORKLOAD_CERT_TTL: '1h' })).toEqual({ defaultTtlSeconds: 3600, maxTtlSeconds: 3600 })
    expect(lifetimesOf({ MAX_WORKLOAD_CERT_TTL: '48h' })).toEqual({ maxTtlSeconds: 172_800 })
    for (const value of ['soon', '0s', '-1h', '59s', '24'])
      expect(() => lifetimesOf({ MAX_WORKLOAD_CERT_TTL: value })).toThrow(expect.objectContaining({ code: 'HEDDLE_CONTROL_PLANE_USAGE' }))
  })

  it('come from istiod’s environment and arguments', () => {
    const env = {
      POD_IP: '127.5.0.1',
      POD_NAMESPACE: 'mesh',
      TRUST_DOMAIN: 'example.org',
      REVISION: 'canary',
      TOKEN_AUDIENCES: 'a, b',
      HEDDLE_TOKEN_REVIEW: 'true',
    }
    expect(readSettings(['discovery', '--domain=c.org', '--secureGRPCAddr=:0', '--monitoringAddr', '15999'], env)).toMatchObject({
      address: '127.5.0.1',
      namespace: 'mesh',
      trustDomain: 'example.org',
      clusterDomain: 'c.org',
      revision: 'canary',
      audiences: ['a', 'b'],
      isReviewing: true,
      ports: { secureGrpc: 0, monitoring: 15999, telemetry: 42422, bundle: 8443 },
    })
  })

  it.each([['--unheard-of'], ['--secureGRPCAddr=:http'], ['--monitoringAddr=:65536']])('refuse %s', (argument) => {
    expect(() => readSettings(['discovery', argument], {})).toThrow(expect.objectContaining({ code: 'HEDDLE_CONTROL_PLANE_USAGE' }))
  })
})
