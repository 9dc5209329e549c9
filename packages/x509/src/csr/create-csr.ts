/** Certificate requests (PKCS#10, RFC 2986) as a workload sends them: empty subject, its SPIFFE id as a wish in the requested SAN. */
import type { KeyObject } from 'node:crypto'
import { oid } from '../der/oid.js'
import { contextConstructedTag, tag } from '../der/tag.js'
import { writeBits, writeOid, writeSequence, writeUnsignedInteger, writeValue } from '../der/write-der.js'
import { publicKeyOf } from '../model/key-pair.js'
import { type NameFields, writeName } from '../model/name.js'
import { keyAlgorithmOf, signatureAlgorithmOf, signWith } from '../model/signature.js'
import { type AltNameFields, writeExtensions } from '../model/write-extensions.js'
import { encodePem } from '../pem.js'

export interface CsrFields {
  /** Signs the request; the certificate will carry its public half. */
  readonly privateKey: KeyObject
  /** Default: the empty name. */
  readonly subject?: NameFields
  /** Names asked for. A mesh authority ignores them: identity comes from the authenticated caller. Default: none. */
  readonly altNames?: AltNameFields
}

/** A PEM block `CERTIFICATE REQUEST`. */
export function createCsr(fields: CsrFields): string {
  const algorithm = signatureAlgorithmOf(keyAlgorithmOf(fields.privateKey))
  const extensions = writeExtensions({
    ...(fields.altNames && { altNames: fields.altNames, isAltNamesCritical: fields.subject === undefined }),
  })
  const attributes = extensions ? [writeSequence(writeOid(oid.extensionRequest), writeValue(tag.set, extensions))] : []
  const info = writeSequence(
    writeUnsignedInteger(Uint8Array.of(0)),
    writeName(fields.subject ?? {}),
    publicKeyOf(fields.privateKey),
    writeValue(contextConstructedTag(0), ...attributes),
  )
  return encodePem('CERTIFICATE REQUEST', writeSequence(info, algorithm, writeBits(signWith(fields.privateKey, info))))
}
