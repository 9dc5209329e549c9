/** Durations as Go, Istio and protobuf JSON write them: `1h2m3.5s`, `250ms`, `0s`. Held as milliseconds. */

export type DurationResult = { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly reason: string }

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Parses Go's duration syntax (time.ParseDuration): an optional sign, then number-unit pairs; a bare `0` is allowed. */
export function parseDuration(text: string): DurationResult {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return { ok: true, ms: 0 }
  if (body === '') return { ok: false, reason: 'a duration is a number and a unit, such as 5s, 250ms or 1h30m' }
  let ms = 0
  part.lastIndex = 0
  while (part.lastIndex < body.length) {
    const match = part.exec(body)
    if (!match)
      return {
        ok: false,
        reason: `"${text}" is not a duration: expected a number and one of ns, us, ms, s, m, h, such as 5s, 250ms or 1h30m`,
      }
    ms += Number(match[1]) * (unitMs[match[2] as string] as number)
  }
  if (!Number.isFinite(ms)) return { ok: false, reason: `"${text}" is too long a duration` }
  return { ok: true, ms: negative ? -ms : ms }
}

/** Protobuf JSON form: seconds with 0, 3, 6 or 9 fraction digits and the suffix `s`. */
export function formatDuration(ms: number): string {
  const absolute = Math.abs(ms)
  // Seconds and the rest apart: nanoseconds of long durations do not fit a double.
  const rest = Math.round((absolute % 1000) * 1e6)
  const seconds = Math.floor(absolute / 1000) + Math.floor(rest / 1e9)
  const nanos = rest % 1e9
  const fraction = String(nanos)
    .padStart(9, '0')
    .replace(/(000){1,3}$/, '')
  return `${ms < 0 && (seconds > 0 || nanos > 0) ? '-' : ''}${seconds}${fraction === '' ? '' : `.${fraction}`}s`
}
