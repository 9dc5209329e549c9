/** DestinationRule outlierDetection -> Envoy's. Success-rate ejection is always off; unnamed counters keep Envoy's defaults. */
import type { OutlierDetection } from '@heddle/routing'
import type { OutlierDetectionSettings } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'

export function outlierDetection(settings: OutlierDetectionSettings): OutlierDetection {
  const { consecutiveLocalOriginFailures } = settings
  const serverErrors = settings.consecutive5xxErrors ?? undefined
  const gateway = settings.consecutiveGatewayErrors ?? settings.consecutiveErrors
  const intervalMs = durationMs(settings.interval)
  const baseEjectionTimeMs = durationMs(settings.baseEjectionTime)
  const split = settings.splitExternalLocalOriginErrors === true
  return {
    enforcingSuccessRate: 0,
    ...(serverErrors === undefined ? {} : { consecutive5xx: serverErrors, enforcingConsecutive5xx: enforcement(serverErrors) }),
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
