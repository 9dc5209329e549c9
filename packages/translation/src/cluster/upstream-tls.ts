/**
 * How a cluster's connections are secured: by the DestinationRule where it says so, else by auto mTLS: mutual TLS towards
 * endpoints that carry the injector's label, plaintext towards the others, chosen per endpoint by its metadata.
 */
import type { Cluster, CommonTlsContext, UpstreamTlsContext } from '@heddle/routing'
import type { ClientTlsSettings } from '../resources/destination-rule.js'
import {
  credentialCertificate,
  credentialRoots,
  fileCertificate,
  fileRoots,
  workloadCertificate,
  workloadRoots,
} from '../tls/secret-name.js'

export interface UpstreamTlsInput {
  readonly settings: ClientTlsSettings | undefined
  readonly autoMutualTls: boolean
  /** SPIFFE ids of the service's accounts; empty: any identity of the mesh. */
  readonly identities: readonly string[]
  readonly sni: string
  readonly http2: boolean
  /** ORIGINAL_DST clusters know no endpoints in advance, so they cannot choose per endpoint. */
  readonly perEndpoint: boolean
  /** Whether the proxy may be given Secrets: every sidecar that a rule reaches by chance may not. */
  readonly mayHoldCredentials: boolean
}

export type UpstreamSecurity = Pick<Cluster, 'transportSocket' | 'transportSocketMatches'> & {
  /** The DestinationRule asked for TLS outside of the mesh's identities: Istio's ALPN filter must leave it alone. */
  readonly external: boolean
}

export function upstreamSecurity(input: UpstreamTlsInput): UpstreamSecurity {
  const { settings } = input
  if (settings?.mode === 'DISABLE') return { external: false }
  if (settings?.mode === 'ISTIO_MUTUAL') return { transportSocket: { kind: 'tls', tls: meshTls(input) }, external: false }
  if (settings !== undefined && !input.mayHoldCredentials && namesSecret(settings)) return { external: true }
  if (settings?.mode !== undefined) return { transportSocket: { kind: 'tls', tls: clientTls(settings, input.http2) }, external: true }
  if (!input.autoMutualTls) return { external: false }
  const tls = meshTls(input)
  if (!input.perEndpoint) return { transportSocket: { kind: 'tls', tls }, external: false }
  return {
    transportSocketMatches: [
      { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: { kind: 'tls', tls } },
      { name: 'tlsMode-disabled', match: {}, transportSocket: { kind: 'raw-buffer' } },
    ],
    external: false,
  }
}

/** ConfigMaps hold authorities only, which are no secret. */
function namesSecret({ credentialName }: ClientTlsSettings): boolean {
  return Boolean(credentialName) && !credentialName?.startsWith('configmap://')
}

function meshTls(input: UpstreamTlsInput): UpstreamTlsContext {
  const names = input.settings?.subjectAltNames?.length ? input.settings.subjectAltNames : input.identities
  return {
    common: {
      alpnProtocols: ['istio-peer-exchange', 'istio', ...(input.http2 ? ['h2'] : [])],
      minVersion: 'TLSv1_2',
      maxVersion: 'TLSv1_3',
      certificates: [workloadCertificate],
      validation: { roots: workloadRoots, ...exactNames(names) },
    },
    sni: input.settings?.sni || input.sni,
  }
}

function clientTls(settings: ClientTlsSettings, http2: boolean): UpstreamTlsContext {
  const certificates = clientCertificates(settings)
  const common: CommonTlsContext = {
    ...(http2 ? { alpnProtocols: ['h2'] } : {}),
    minVersion: 'TLSv1_2',
    maxVersion: 'TLSv1_3',
    ...(certificates === undefined ? {} : { certificates }),
    ...(settings.insecureSkipVerify === true
      ? {}
      : { validation: { roots: trustedRoots(settings), ...exactNames(settings.subjectAltNames ?? []) } }),
  }
  return { common, ...(settings.sni ? { sni: settings.sni } : {}) }
}

function clientCertificates(settings: ClientTlsSettings): CommonTlsContext['certificates'] {
  if (settings.mode !== 'MUTUAL') return undefined
  if (settings.credentialName) return [credentialCertificate(settings.credentialName)]
  return [fileCertificate(settings.clientCertificate ?? '', settings.privateKey ?? '')]
}

function trustedRoots(settings: ClientTlsSettings): ReturnType<typeof fileRoots> {
  if (settings.credentialName) return credentialRoots(settings.credentialName)
  return fileRoots(settings.caCertificates || 'system', settings.caCrl)
}

function exactNames(names: readonly string[]): {
  readonly matchSubjectAltNames?: readonly { readonly kind: 'exact'; readonly value: string }[]
} {
  return names.length === 0 ? {} : { matchSubjectAltNames: names.map((value) => ({ kind: 'exact', value })) }
}
