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
    })
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
