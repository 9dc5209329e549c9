/** How long a gRPC call may take: its own `grpc-timeout`, as far as the route honours it (Envoy's max_grpc_timeout and max_stream_duration). */
import type { RouteAction } from '@heddle/routing'

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 }

/** @returns milliseconds, at least 1; undefined when there is none or it is not sound. */
export function grpcTimeoutMs(header: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header ?? '')
  if (match === null) return undefined
  return Math.max(1, Math.ceil(Number(match[1]) * (unitMs[match[2] as string] as number)))
}

/** The route's timeout for a gRPC call. @returns milliseconds; 0: none. */
export function callTimeoutMs({ maxGrpcTimeoutMs }: RouteAction, routeTimeoutMs: number, header: string | undefined): number {
  if (maxGrpcTimeoutMs === undefined) return routeTimeoutMs
  return capped(grpcTimeoutMs(header) ?? 0, maxGrpcTimeoutMs)
}

/** How long the whole stream may live. @returns milliseconds; 0: for ever. */
export function streamDurationMs({ maxStreamDuration }: RouteAction, isGrpc: boolean, header: string | undefined): number {
  const { maxStreamDurationMs = 0, grpcTimeoutHeaderMaxMs } = maxStreamDuration ?? {}
  const asked = isGrpc && grpcTimeoutHeaderMaxMs !== undefined ? grpcTimeoutMs(header) : undefined
  return asked === undefined ? maxStreamDurationMs : capped(asked, grpcTimeoutHeaderMaxMs ?? 0)
}

/** 0 is no limit on either side. */
function capped(ms: number, maxMs: number): number {
  return maxMs > 0 && (ms === 0 || ms > maxMs) ? maxMs : ms
}
