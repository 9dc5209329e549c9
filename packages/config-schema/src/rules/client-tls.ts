/** Rules of TLS towards an upstream (DestinationRule): which credentials each mode needs and excludes. */
import type { ClientTLSSettings } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { error, warning } from './reporter.js'

const files = ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const

/** @param namespace of the resource, when it is known. */
export function checkClientTls(tls: ClientTLSSettings, faults: FaultList, namespace?: string): void {
  if (tls.mode === undefined && Object.keys(tls).length > 0) {
    warning(faults, 'client-tls/mode-missing', ['mode'], 'Without a mode TLS is off (DISABLE), whatever else is set here.', {
      part: 'key',
      expected: 'SIMPLE, MUTUAL or ISTIO_MUTUAL',
    })
  }
  checkCredential(tls, faults)
  checkConfigMap(tls.credentialName, namespace, faults)
  checkMutual(tls, faults)
  if (tls.insecureSkipVerify !== true) return
  for (const name of ['caCertificates', 'subjectAltNames'] as const) {
    if ((tls[name]?.length ?? 0) > 0)
      error(faults, 'client-tls/skip-verify', [name], `insecureSkipVerify verifies nothing, so "${name}" has no meaning beside it.`, {
        part: 'key',
      })
  }
  if (tls.mode === 'SIMPLE' && tls.credentialName)
    error(
      faults,
      'client-tls/skip-verify',
      ['credentialName'],
      'insecureSkipVerify verifies nothing, so credentialName has no meaning beside it.',
      { part: 'key' },
    )
}

function checkCredential(tls: ClientTLSSettings, faults: FaultList): void {
  if (!tls.credentialName || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return
  for (const name of files) {
    if (tls[name])
      error(
        faults,
        'client-tls/credential',
        [name],
        `"${name}" names a file, but credentialName already says where the credentials are; keep one of them.`,
        { part: 'key' },
      )
  }
}

function checkConfigMap(credential: string | undefined, namespace: string | undefined, faults: FaultList): void {
  const other = /^configmap:\/\/([^/]+)\/[^/]+$/.exec(credential ?? '')?.[1]
  if (other !== undefined && namespace !== undefined && other !== namespace)
    error(faults, 'client-tls/config-map', ['credentialName'], 'The ConfigMap must be in the namespace of the rule.', {
      expected: `configmap://${namespace}/NAME, or configmap://NAME`,
    })
}

function checkMutual(tls: ClientTLSSettings, faults: FaultList): void {
  if (tls.mode === 'MUTUAL' && !tls.credentialName) {
    for (const name of ['clientCertificate', 'privateKey'] as const) {
      if (!tls[name])
        error(faults, 'client-tls/mutual', [name], `Mode MUTUAL needs "${name}", or credentialName.`, {
          part: 'key',
          expected: 'clientCertificate and privateKey, or credentialName',
        })
    }
  }
  if (tls.mode !== 'ISTIO_MUTUAL') return
  for (const name of [...files, 'credentialName'] as const) {
    if (tls[name])
      error(faults, 'client-tls/istio-mutual', [name], `Mode ISTIO_MUTUAL uses the mesh's own certificates; remove "${name}".`, {
        part: 'key',
      })
  }
}
