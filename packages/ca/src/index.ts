export { createCa } from './create-ca.js'
export type {
  Ca,
  CaBundle,
  CaDeps,
  CaOptions,
  IssuedIdentity,
  IssuedServerCertificate,
  IssueOptions,
  ServerCertificateFields,
  SignedCertificate,
} from './ca.js'
export type { AuditRecord, AuditSink } from './audit.js'
export { readCacerts, type Cacerts } from './authority/cacerts.js'
export type { RootPhase } from './authority/ca-state.js'
export type { CaErrorCode } from './ca-error.js'
export type { Caller } from './caller.js'
export type { IssuedCertificate } from './issue/leaf.js'
export type { RootStatus, Rotation } from './rotation/rotation.js'
export type { CaStore } from './store/ca-store.js'
export { createFileCaStore, type FileCaStoreOptions } from './store/file-store.js'
export { createMemoryCaStore } from './store/memory-store.js'
export type { AuthenticationResult, Authenticator, Credentials } from './authenticate/authenticator.js'
export { createCertificateAuthenticator, type CertificateAuthenticatorOptions } from './authenticate/certificate-authenticator.js'
export { createJwtAuthenticator, type JwtAuthenticatorOptions } from './authenticate/jwt-authenticator.js'
export {
  type Authorization,
  createCertificateService,
  type CertificateService,
  type CertificateServiceOptions,
  type CertificateStatus,
  type CreateCertificateRequest,
  type CreateCertificateResult,
} from './service/certificate-service.js'
export type { RateLimit } from './service/rate-limit.js'
