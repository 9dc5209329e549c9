/** DestinationRule outlierDetection -> Envoy's. Success-rate ejection is always off; unnamed counters keep Envoy's defaults. */
import type { OutlierDetection } from '@heddle/routing'
import type { OutlierDetectionSettings } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'

export function outlierDetection(settings: OutlierDetectionSettings): OutlierDetection {
  const { consecutive5xxErrors, consecutiveLocalOriginFailures } = settings
  const gateway = settings.consecutiveGatewayErrors ?? settings.consecutiveErrors
  const intervalMs = durationMs(settings.interval)
  const baseEjectionTimeMs = durationMs(settings.baseEjectionTime)
  const split = settings.splitExternalLocalOriginErrors === true
  return {
    enforcingSuccessRate: 0,
    ...(consecutive5xxErrors === undefined
      ? {}
      : { consecutive5xx: consecutive5xxErrors, enforcingConsecutive5xx: enforcement(consecutive5xxErrors) }),
    ...(gateway === undefined ? {} : { consecutiveGatewayFailure: gateway, enforcingConsecutiveGatewayFailure: enforcement(gateway) }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(baseEjectionTimeMs === undefined ? {} : { baseEjectionTimeMs }),
    ...(settings.maxEjectionPercent ? { maxEjectionPercent: settings.maxEjectionPercent } : {}),
    ...(split ? { splitExternalLocalOriginErrors: true } : {}),
    ...(split && consecutiveLocalOriginFailures
      ? { consecutiveLocalOriginFailure: consecutiveLocalOriginFailures, enforcingConsecutiveLocalOriginFailure: 100 }
      : {}),
  }
}

/** A counter of 0 switches its detector off. */
function enforcement(count: number): number {
  return count > 0 ? 100 : 0
}
