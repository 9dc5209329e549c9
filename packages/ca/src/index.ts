export { createCa } from './create-ca.js'
export type {
  Ca,
  CaDeps,
  CaOptions,
  IssuedIdentity,
  IssuedServerCertificate,
  IssueOptions,
  ServerCertificateFields,
  SignedCertificate,
} from './ca.js'
export type { AuditRecord, AuditSink } from './audit/audit-record.js'
export {
  holdersOf,
  openAuditLog,
  readAuditLog,
  verifyAuditLog,
  type AuditLog,
  type AuditLogOptions,
  type HolderQuery,
} from './audit/audit-log.js'
export type { AuditEntry, AuditVerification, ChainHead } from './audit/audit-chain.js'
export type { BundleRoot, CaBundle } from './bundle/ca-bundle.js'
export { encodeSpiffeBundle, parseSpiffeBundle, type SpiffeBundle, type SpiffeBundleResult } from './bundle/spiffe-bundle.js'
export { createFederation, type FederatedDomain, type Federation, type FederationOptions } from './federation/federation.js'
export { makeCacerts, type MadeCacerts, type MakeCacertsOptions } from './authority/make-cacerts.js'
export { readCacerts, type Cacerts } from './authority/cacerts.js'
export type { DeniedEntry, RevokeWhen, RootPhase } from './authority/ca-state.js'
export type { CaErrorCode } from './ca-error.js'
export type { Caller } from './caller.js'
export type { IssuedCertificate } from './issue/leaf.js'
export type { ExplainRequest, Explanation } from './issue/explain.js'
export type { DenyBook, DenyRequest } from './deny/deny-book.js'
export type { CaMetrics } from './metrics/ca-metrics.js'
export type { JwtSvid } from './jwt/jwt-svid.js'
export { validateJwtSvid, type JwtBundle, type JwtSvidFault, type JwtSvidResult, type JwtSvidValidation } from '@heddle/base/node'
export {
  type AuthorityOrder,
  encodeOrder,
  type GivenOrder,
  type OrderResult,
  type OrderSubject,
  parseOrder,
} from './order/authority-order.js'
export {
  answeredOrders,
  answerOf,
  claimOf,
  lapsedOrders,
  nextLapseMs,
  openOrders,
  type OrderAnswer,
  type OrderClaim,
  type OrderData,
  orderKeys,
  type OrderKeys,
  ordersConfigMap,
  withoutOld,
} from './order/order-book.js'
export type { Handover, HandoverStatus } from './handover/handover.js'
export type { RootStatus, Rotation, StartOptions } from './rotation/rotation.js'
export type { PlannedStep, RotationPlan, RotationStep, WorkloadObserver, WorkloadTrust } from './rotation/plan.js'
export type { ExpiryAlarm, Forecast, RootForecast } from './rotation/forecast.js'
export type { CaStore } from './store/ca-store.js'
export { createFileCaStore, type FileCaStoreOptions } from './store/file-store.js'
export { createMemoryCaStore } from './store/memory-store.js'
export { accountOfSubject } from './authenticate/oidc-subject.js'
export type { AuthenticationResult, Authenticator, Credentials, TokenFault } from './authenticate/authenticator.js'
export { createCertificateAuthenticator, type CertificateAuthenticatorOptions } from './authenticate/certificate-authenticator.js'
export { createJwtAuthenticator, type JwtAuthenticatorOptions } from './authenticate/jwt-authenticator.js'
export type { ServiceAccountName } from './authenticate/service-account-subject.js'
export {
  createJoinTokens,
  createMemoryJoinTokenStore,
  type JoinTokenGrant,
  type JoinTokenRequest,
  type JoinTokens,
  type JoinTokensOptions,
  type JoinTokenStore,
  makeJoinToken,
  type NewJoinToken,
} from './authenticate/join-token-authenticator.js'
export {
  createTokenReviewAuthenticator,
  type TokenReviewAuthenticatorOptions,
  type TokenReviewSpec,
  type TokenReviewStatus,
} from './authenticate/token-review-authenticator.js'
export {
  type Authorization,
  createCertificateService,
  type CertificateService,
  type CertificateServiceCounters,
  type CertificateServiceOptions,
  type CertificateStatus,
  type CreateCertificateRequest,
  type CreateCertificateResult,
  type CreateTokenRequest,
  type CreateTokenResult,
  type ServiceExplanation,
} from './service/certificate-service.js'
export type { RateLimit } from './service/rate-limit.js'
