/** gRPC statuses and HTTP statuses, each told by the other as Envoy has it. */

/** For callers that speak gRPC and are answered by the engine itself. */
export function grpcStatusOf(httpStatus: number): number {
  if (httpStatus === 400) return 13
  if (httpStatus === 401) return 16
  if (httpStatus === 403) return 7
  if (httpStatus === 404) return 12
  return httpStatus === 429 || (httpStatus >= 502 && httpStatus <= 504) ? 14 : 2
}

/** By gRPC status from 0 to 16. */
const httpStatuses = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]

/** What a gRPC status means to those who count HTTP statuses; 500 for one that is not known. */
export function httpStatusOf(grpcStatus: string): number {
  return httpStatuses[Number(grpcStatus)] ?? 500
}
