/**
 * One record of the store: an 8-byte checksum (SHA-256, truncated) over key and payload, then the payload. LMDB has no
 * checksums of its own, so without this a flipped byte would be served as data.
 */
import { createHash } from 'node:crypto'
import { HeddleError } from '@heddle/base'

const digestBytes = 8

export interface DecodedRecord {
  readonly payload: Buffer
  readonly digest: bigint
}

export function encodeRecord(key: string, payload: Buffer): { readonly bytes: Buffer; readonly digest: bigint } {
  const digest = digestOf(key, payload)
  return { bytes: Buffer.concat([digest, payload]), digest: digest.readBigUInt64BE() }
}

/** @throws HEDDLE_STORE_CORRUPT naming the key. */
export function decodeRecord(key: string, bytes: Buffer): DecodedRecord {
  const payload = bytes.subarray(digestBytes)
  const digest = digestOf(key, payload)
  if (bytes.length < digestBytes || !digest.equals(bytes.subarray(0, digestBytes))) throw corruptRecord(key, 'its checksum does not match')
  return { payload, digest: digest.readBigUInt64BE() }
}

export function corruptRecord(key: string, reason: string, cause?: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_STORE_CORRUPT',
    message: `the record "${key}" of the store is damaged: ${reason}`,
    hint: 'Nothing was changed. Restore the state folder from a copy, or start on another one (`--state DIR`) and apply your manifests again.',
    cause,
  })
}

function digestOf(key: string, payload: Buffer): Buffer {
  return createHash('sha256').update(key).update('\0').update(payload).digest().subarray(0, digestBytes)
}
