/**
 * The refusals of the API as `Status` errors, with the reasons, codes and sentences of Kubernetes (apimachinery's
 * api/errors): kubectl composes what it prints from them, and scripts match them.
 */
import type { HeddleError } from '@heddle/base'
import { type Status, statusError } from '@heddle/client'
import { qualifiedName, type ResourceKind } from './resource-kind.js'

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

export function failure(code: number, reason: string, message: string, details?: Status['details']): HeddleError {
  return statusError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...(details && { details }) })
}

const detailsOf = (kind: ResourceKind, name: string): NonNullable<Status['details']> => ({
  name,
  kind: kind.plural,
  ...(kind.group !== '' && { group: kind.group }),
})

export function notFound(kind: ResourceKind, name: string): HeddleError {
  return failure(404, 'NotFound', `${qualifiedName(kind)} "${name}" not found`, detailsOf(kind, name))
}

export function alreadyExists(kind: ResourceKind, name: string): HeddleError {
  return failure(409, 'AlreadyExists', `${qualifiedName(kind)} "${name}" already exists`, detailsOf(kind, name))
}

export function conflict(kind: ResourceKind, name: string, reason?: string): HeddleError {
  const why = reason ?? 'the object has been modified; please apply your changes to the latest version and try again'
  return failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualifiedName(kind)} "${name}": ${why}`, detailsOf(kind, name))
}

export function forbidden(kind: ResourceKind, name: string, reason: string): HeddleError {
  return failure(403, 'Forbidden', `${qualifiedName(kind)} "${name}" is forbidden: ${reason}`, detailsOf(kind, name))
}

export function badRequest(message: string): HeddleError {
  return failure(400, 'BadRequest', message)
}

export function invalid(kind: ResourceKind, name: string, causes: readonly StatusCause[]): HeddleError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`)
  const list = texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const details = { name, kind: kind.kind, ...(kind.group !== '' && { group: kind.group }), causes }
  return failure(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, details)
}

export function expired(resourceVersion: number | string): HeddleError {
  return failure(410, 'Expired', `The resourceVersion for the provided watch is too old: ${resourceVersion}`)
}

export function methodNotAllowed(what: string): HeddleError {
  return failure(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource: ${what}`)
}

export function unsupportedMediaType(message: string): HeddleError {
  return failure(415, 'UnsupportedMediaType', message)
}

export function unauthorized(): HeddleError {
  return failure(401, 'Unauthorized', 'Unauthorized')
}

export function pathNotFound(): HeddleError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {})
}
