/** envoy.extensions.transport_sockets.tls.v3.Secret, as SDS carries it: PEM inline. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt'
import { HeddleError } from '@heddle/base'
import type { Secret } from '@heddle/routing'
import { type DataSource, DataSourceSchema, TypedExtensionConfigSchema } from './gen/envoy/config/core/v3/core_pb.js'
import {
  type CertificateValidationContext,
  CertificateValidationContextSchema,
  SecretSchema,
  SPIFFECertValidatorConfigSchema,
  TlsCertificateSchema,
} from './gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { compact } from './message/json-object.js'
import { createResource, type XdsResource } from './resource.js'
import { typeUrls } from './type-url.js'

export function encodeSecret(secret: Secret): XdsResource {
  const message = create(SecretSchema, {
    name: secret.name,
    type:
      secret.kind === 'validation'
        ? { case: 'validationContext', value: encodeValidation(secret) }
        : {
            case: 'tlsCertificate',
            value: create(TlsCertificateSchema, {
              certificateChain: inline(secret.certificateChainPem),
              privateKey: inline(secret.privateKeyPem),
            }),
          },
  })
  return createResource(typeUrls.secret, secret.name, toBinary(SecretSchema, message))
}

/** @throws HEDDLE_XDS_SECRET_INVALID when it is neither a key pair nor roots, or names files instead of holding PEM. */
export function decodeSecret(resource: Pick<XdsResource, 'bytes'>): Secret {
  const { name, type } = fromBinary(SecretSchema, resource.bytes)
  if (type.case === 'tlsCertificate') {
    const { certificateChain, privateKey } = type.value
    return { kind: 'certificate', name, certificateChainPem: textOf(name, certificateChain), privateKeyPem: textOf(name, privateKey) }
  }
  if (type.case === 'validationContext') return decodeValidation(name, type.value)
  throw invalid(name, 'is neither a certificate nor a validation context')
}

function encodeValidation(secret: Extract<Secret, { kind: 'validation' }>): CertificateValidationContext {
  const roots = inline(secret.rootsPem)
  const crl = secret.crlPem === undefined ? {} : { crl: inline(secret.crlPem) }
  if (secret.trustDomain === undefined) return create(CertificateValidationContextSchema, { trustedCa: roots, ...crl })
  const validator = create(SPIFFECertValidatorConfigSchema, { trustDomains: [{ name: secret.trustDomain, trustBundle: roots }] })
  const customValidatorConfig = create(TypedExtensionConfigSchema, {
    name: 'envoy.tls.cert_validator.spiffe',
    typedConfig: anyPack(SPIFFECertValidatorConfigSchema, validator),
  })
  return create(CertificateValidationContextSchema, { customValidatorConfig, ...crl })
}

function decodeValidation(name: string, context: CertificateValidationContext): Secret {
  const validator = context.customValidatorConfig?.typedConfig
  const crlPem = context.crl && textOf(name, context.crl)
  if (validator === undefined) return compact<Secret>({ kind: 'validation', name, rootsPem: textOf(name, context.trustedCa), crlPem })
  const domains = anyUnpack(validator, SPIFFECertValidatorConfigSchema)?.trustDomains ?? []
  const [domain] = domains
  if (domain === undefined || domains.length > 1) throw invalid(name, 'does not have exactly one trust domain')
  const rootsPem = textOf(name, domain.trustBundle)
  return compact<Secret>({ kind: 'validation', name, rootsPem, trustDomain: domain.name, crlPem })
}

function inline(pem: string): DataSource {
  return create(DataSourceSchema, { specifier: { case: 'inlineBytes', value: new TextEncoder().encode(pem) } })
}

function textOf(name: string, source: DataSource | undefined): string {
  if (source?.specifier.case === 'inlineBytes') return new TextDecoder().decode(source.specifier.value)
  if (source?.specifier.case === 'inlineString') return source.specifier.value
  throw invalid(name, 'does not hold its PEM inline')
}

function invalid(name: string, what: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_XDS_SECRET_INVALID', message: `secret "${name}" ${what}`, origin: 'upstream' })
}
