/** TLS settings: of a Gateway server (towards clients) and of a DestinationRule (towards the upstream). */
import { described, describedWords, flag, list, object, oneWord, text, type ObjectType } from '../model/field-type.js'
import { optionalFlag } from './shared.js'

const tlsVersion = oneWord('TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3')

export const clientTlsSettings: ObjectType = object('ClientTLSSettings', {
  mode: {
    type: describedWords({
      DISABLE: 'Plain text.',
      SIMPLE: 'TLS as a browser does it: the server shows a certificate.',
      MUTUAL: 'Mutual TLS with certificates named here.',
      ISTIO_MUTUAL: "Mutual TLS with the mesh's own certificates.",
    }),
    default: 'DISABLE',
  },
  clientCertificate: text(),
  privateKey: text(),
  caCertificates: text(),
  credentialName: described(text(), 'Secret (or configmap://...) that holds key, certificate and authorities.'),
  subjectAltNames: list(text()),
  sni: text(),
  insecureSkipVerify: optionalFlag,
  caCrl: text(),
})

const tlsCertificate = object('TLSCertificate', { serverCertificate: text(), privateKey: text(), caCertificates: text() })

export const serverTlsSettings: ObjectType = object('ServerTLSSettings', {
  httpsRedirect: described(flag, 'Answers plain HTTP with a redirect to HTTPS.'),
  mode: {
    type: describedWords({
      PASSTHROUGH: 'The server behind it ends TLS; the server name chooses the route.',
      SIMPLE: 'The gateway ends TLS with its certificate.',
      MUTUAL: 'As SIMPLE, and the client must show a certificate.',
      AUTO_PASSTHROUGH: 'As PASSTHROUGH, without routes: the server name holds the service.',
      ISTIO_MUTUAL: "Mutual TLS with the mesh's own certificates.",
      OPTIONAL_MUTUAL: 'As MUTUAL, but a client without a certificate gets in.',
    }),
    default: 'PASSTHROUGH',
    doc: 'Absent means PASSTHROUGH, not SIMPLE.',
  },
  serverCertificate: text(),
  privateKey: text(),
  caCertificates: text(),
  caCrl: text(),
  credentialName: described(text(), 'Secret in the namespace of the gateway workload.'),
  credentialNames: list(text(), { minItems: 1, maxItems: 2 }),
  caCertCredentialName: text(),
  tlsCertificates: list(tlsCertificate, { minItems: 1, maxItems: 2 }),
  subjectAltNames: list(text()),
  verifyCertificateSpki: list(text()),
  verifyCertificateHash: list(text()),
  minProtocolVersion: { type: tlsVersion, doc: 'Unset and TLS_AUTO mean TLSV1_2.' },
  maxProtocolVersion: tlsVersion,
  cipherSuites: list(text()),
  ecdhCurves: list(text()),
  insecureSkipVerify: optionalFlag,
})
