/** The errors of a Kubernetes API call: an answered `Status` (data for programs) and a server that could not be reached. */
import { HeddleError, isHeddleError, messageOf } from '@heddle/base'
import type { Status } from './resource-client.js'

/** A refusal by the API as an error: code `HEDDLE_API_STATUS`, the `Status` as its cause. */
export function statusError(status: Status): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_API_STATUS',
    message: status.message ?? `the API answered ${status.code}${status.reason ? ` ${status.reason}` : ''}`,
    origin: status.code >= 500 ? 'upstream' : 'user',
    retryable: status.code === 429 || status.code >= 500,
    cause: status,
  })
}

/** The `Status` inside an error thrown by a resource client, or undefined for any other value. */
export function statusOf(error: unknown): Status | undefined {
  return isHeddleError(error, 'HEDDLE_API_STATUS') ? (error.cause as Status) : undefined
}

/** Turns the body of a failed answer into a `Status`, also when a proxy in between answered in plain text. */
export function readStatus(code: number, body: string): Status {
  try {
    const parsed = JSON.parse(body) as Partial<Status>
    if (parsed.kind === 'Status')
      return { ...parsed, kind: 'Status', apiVersion: 'v1', status: parsed.status ?? 'Failure', code: parsed.code ?? code }
  } catch {
    // Not JSON: the text itself is the message.
  }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    message: `the API answered ${code}: ${body.slice(0, 500).trim() || 'no body'}`,
  }
}

export function unreachableError(server: string, error: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_API_UNREACHABLE',
    message: `the API at ${server} could not be reached: ${messageOf(error) || String((error as { code?: string }).code)}`,
    origin: 'upstream',
    retryable: true,
    hint: 'Check that the server runs and that the kubeconfig names its address.',
    cause: error,
  })
}
