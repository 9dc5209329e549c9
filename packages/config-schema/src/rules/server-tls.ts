/** Rules of TLS at a gateway: which certificates each mode needs, and which settings exclude each other. */
import type { ServerTLSSettings } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { error, firstPlaces, warning } from './reporter.js'

const certificateFields = [
  'serverCertificate',
  'privateKey',
  'caCertificates',
  'credentialName',
  'credentialNames',
  'tlsCertificates',
  'caCertCredentialName',
] as const

/** Not used either where TLS is passed through. */
const passthroughFields = [...certificateFields, 'caCrl'] as const

const cipherSuites = new Set([
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
])

export function checkServerTls(tls: ServerTLSSettings, faults: FaultList): void {
  switch (tls.mode) {
    case 'SIMPLE':
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL':
      checkCertificates(tls, faults)
      break
    case 'ISTIO_MUTUAL':
      for (const name of certificateFields) {
        if (isSet(tls[name]))
          error(faults, 'server-tls/istio-mutual', [name], `Mode ISTIO_MUTUAL uses the mesh's own certificates; remove "${name}".`, {
            part: 'key',
          })
      }
      break
    case undefined:
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      checkPassthrough(tls, faults)
      break
  }
  checkVersions(tls, faults)
}

function isSet(value: string | readonly unknown[] | undefined): boolean {
  return value !== undefined && value.length > 0
}

function checkCertificates(tls: ServerTLSSettings, faults: FaultList): void {
  const given = (['credentialName', 'credentialNames', 'tlsCertificates', 'serverCertificate'] as const).filter((name) => isSet(tls[name]))
  // Half a pair of files beside a credential is left out, and nobody is refused for it.
  const sources = given.length > 1 && !tls.privateKey ? given.filter((name) => name !== 'serverCertificate') : given
  if (sources.length === 0) {
    const message = `Mode ${tls.mode} needs a certificate: credentialName, or serverCertificate with privateKey.`
    error(faults, 'server-tls/certificate-required', ['credentialName'], message, {
      part: 'key',
      expected: 'credentialName, credentialNames, tlsCertificates, or serverCertificate and privateKey',
    })
  } else if (sources.length > 1) {
    error(
      faults,
      'server-tls/one-certificate',
      [sources[1] as string],
      `Only one of ${sources.join(' and ')} may say where the certificate is.`,
      { part: 'key' },
    )
  }
  if (sources[0] === 'serverCertificate') checkFiles(tls, faults)
  if (sources[0] === 'tlsCertificates') checkPairs(tls, faults)
  if (tls.caCrl && (tls.credentialName || tls.mode === 'SIMPLE')) {
    const message = tls.credentialName
      ? 'caCrl is not read beside credentialName; put the list into the Secret, as ca.crl.'
      : 'caCrl needs a mode that checks client certificates.'
    const report = tls.credentialName ? warning : error
    report(faults, 'server-tls/crl', ['caCrl'], message, { part: 'key' })
  }
}

function checkFiles(tls: ServerTLSSettings, faults: FaultList): void {
  if (!tls.privateKey)
    error(faults, 'server-tls/private-key', ['privateKey'], 'serverCertificate needs privateKey beside it.', { part: 'key' })
  checkAuthorities(tls, faults)
}

function checkPairs(tls: ServerTLSSettings, faults: FaultList): void {
  tls.tlsCertificates?.forEach(({ serverCertificate, privateKey }, index) => {
    if (serverCertificate && privateKey) return
    const missing = serverCertificate ? 'privateKey' : 'serverCertificate'
    const message = `A certificate of tlsCertificates needs ${missing}, too.`
    error(faults, 'server-tls/private-key', ['tlsCertificates', index, missing], message, { part: 'key' })
  })
  checkAuthorities(tls, faults)
}

function checkAuthorities(tls: ServerTLSSettings, faults: FaultList): void {
  if (tls.mode !== 'SIMPLE' && !tls.caCertificates && !tls.caCertCredentialName) {
    error(faults, 'server-tls/ca-required', ['caCertificates'], `Mode ${tls.mode} checks client certificates and needs caCertificates.`, {
      part: 'key',
    })
  }
}

function checkPassthrough(tls: ServerTLSSettings, faults: FaultList): void {
  const set = passthroughFields.filter((name) => isSet(tls[name]))
  const first = set[0]
  if (first === undefined) return
  const why = tls.mode === undefined ? 'Without a mode TLS is passed through' : `Mode ${tls.mode} passes TLS through`
  warning(
    faults,
    'server-tls/passthrough',
    [first],
    `${why}, so "${first}" is not used; for a certificate of the gateway set mode SIMPLE.`,
    { part: 'key' },
  )
}

function checkVersions(tls: ServerTLSSettings, faults: FaultList): void {
  const isOld = [tls.minProtocolVersion, tls.maxProtocolVersion].some((version) => version === 'TLSV1_0' || version === 'TLSV1_1')
  if (isOld && !isSet(tls.cipherSuites))
    warning(faults, 'server-tls/old-version', ['minProtocolVersion'], 'TLS 1.0 and 1.1 need cipherSuites that they know; none are set.')
  const seen = firstPlaces<string>()
  tls.cipherSuites?.forEach((suite, index) => {
    const first = seen.take(suite, faults, 'cipherSuites', index)
    // A sign in front takes the suite out or moves it, as in OpenSSL.
    if (!cipherSuites.has(suite.replace(/^[-+!]/, '')))
      warning(
        faults,
        'server-tls/cipher-suite',
        ['cipherSuites', index],
        `"${clip(suite)}" is not a cipher suite the gateway knows; it is left out.`,
      )
    else if (first !== undefined)
      warning(faults, 'server-tls/cipher-suite', ['cipherSuites', index], `"${clip(suite)}" stands twice.`, first)
  })
}
