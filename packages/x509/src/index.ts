export { encodePem, parseCertificatePem, parsePem, type PemBlock, type PemOptions, type PemResult } from './pem.js'
export { splitCertificates } from './der/split-certificates.js'
export { parseCertificate, type Certificate, type CertificateResult } from './model/certificate.js'
export type {
  BasicConstraints,
  CertificateExtensions,
  ExtendedKeyUsage,
  KeyUsage,
  KeyUsageName,
  SubjectAltNames,
} from './model/extensions.js'
export type { DistinguishedName, NameFields } from './model/name.js'
export { importPublicKey, type KeyAlgorithm, type PublicKeyInfo, type PublicKeyRules } from './model/public-key.js'
export type { SignatureAlgorithm, SignedPart } from './model/signature.js'
export type { AltNameFields, KeyPurpose } from './model/write-extensions.js'
export { encodePrivateKey, generateKey, parsePrivateKey, publicKeyOf, type PrivateKeyResult } from './model/key-pair.js'
export {
  issueCertificate,
  signCertificate,
  type CertificateFields,
  type CertificateIssuer,
  type CertificateSigner,
} from './model/issue-certificate.js'
export { createKeySigner, isSignerGenuine, type Signer } from './model/signer.js'
export { createCsr, type CsrFields } from './csr/create-csr.js'
export { parseCsr, type Csr, type CsrOptions, type CsrResult } from './csr/parse-csr.js'
export type { Crl, RevocationReason, RevokedCertificate } from './crl/crl.js'
export { parseCrl, type CrlResult } from './crl/parse-crl.js'
export { parseCrlPem, type CrlPemResult } from './crl/parse-crl-pem.js'
export { createCrl, type CrlFields, type CrlIssuer } from './crl/create-crl.js'
export { isCrlOf, revocationOf } from './crl/check-crl.js'
export { lintCertificate, type CertificateProfile, type LintContext, type LintFinding } from './lint/lint-certificate.js'
export { createDenyList, type DenyList, type DenyListFields } from './svid/deny-list.js'
export { checkSvidLeaf, type PeerRole, type SvidLeafFault, type SvidLeafResult } from './svid/check-svid-leaf.js'
export type { PathFault } from './svid/certification-path.js'
export { createTrustBundle, type TrustAnchor, type TrustBundle, type TrustBundleOptions } from './svid/trust-bundle.js'
export { verifyCertificatePath, type CertificatePathInput, type CertificatePathResult } from './svid/verify-certificate-path.js'
export type { ChainFault } from './svid/parse-chain.js'
export { verifySvidPath, type SvidPathFault, type SvidPathInput, type SvidPathResult } from './svid/verify-svid-path.js'
export { peerChainOf, type PeerCertificateSource, peerLeafOf, type PeerSessionSource } from './svid/peer-chain.js'
