/** envoy.config.cluster.v3.OutlierDetection. */
import type { OutlierDetection } from '@heddle/routing'
import type { OutlierDetectionJson } from '../gen/envoy/config/cluster/v3/cluster_pb.js'
import { compact, durationJson, durationMs, unlessDefault } from '../message/json-object.js'

export function encodeOutlierDetection(detection: OutlierDetection | undefined): OutlierDetectionJson | undefined {
  if (detection === undefined) return undefined
  const { intervalMs, baseEjectionTimeMs, splitExternalLocalOriginErrors, ...counts } = detection
  return compact<OutlierDetectionJson>({
    ...counts,
    interval: durationJson(intervalMs),
    baseEjectionTime: durationJson(baseEjectionTimeMs),
    splitExternalLocalOriginErrors: unlessDefault(splitExternalLocalOriginErrors),
  })
}

export function decodeOutlierDetection(json: OutlierDetectionJson | undefined): OutlierDetection | undefined {
  if (json === undefined) return undefined
  const { interval, baseEjectionTime, ...counts } = json
  return compact<OutlierDetection>({ ...counts, intervalMs: durationMs(interval), baseEjectionTimeMs: durationMs(baseEjectionTime) })
}
