/** Durations in resources. Validation has refused bad ones before; one that slipped through counts as absent. */
import { parseDuration } from '@heddle/base'

export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  return parsed.ok ? parsed.ms : undefined
}
