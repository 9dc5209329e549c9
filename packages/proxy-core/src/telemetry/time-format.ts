/** `%START_TIME(FORMAT)%`: the conversions of strftime that logs use, and Envoy's `%3f`, `%6f`, `%9f`. Always UTC. */
type Part = string | ((date: Date) => string)

const digits = (value: number, length = 2): string => String(value).padStart(length, '0')
const dateOf = (date: Date): string => date.toISOString().slice(0, 10)
const timeOf = (date: Date): string => date.toISOString().slice(11, 19)

const conversions: Readonly<Record<string, Part>> = {
  '%': '%',
  Y: (date) => digits(date.getUTCFullYear(), 4),
  m: (date) => digits(date.getUTCMonth() + 1),
  d: (date) => digits(date.getUTCDate()),
  H: (date) => digits(date.getUTCHours()),
  M: (date) => digits(date.getUTCMinutes()),
  S: (date) => digits(date.getUTCSeconds()),
  F: dateOf,
  T: timeOf,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: '+0000',
  Z: 'UTC',
}

/** Undefined for a conversion that is not supported. */
export function compileTimeFormat(format: string): ((wallMs: number) => string) | undefined {
  const parts: Part[] = []
  for (const [text, conversion, fraction] of format.matchAll(/[^%]+|%([%YmdHMSFTszZ])|%([1-9])?f|%/g)) {
    if (text === '%') return undefined
    if (!text.startsWith('%')) parts.push(text)
    else if (conversion !== undefined) parts.push(conversions[conversion] as Part)
    else
      parts.push((date) =>
        digits(date.getUTCMilliseconds(), 3)
          .padEnd(9, '0')
          .slice(0, Number(fraction ?? '9')),
      )
  }
  return (wallMs) => {
    const date = new Date(wallMs)
    return parts.map((part) => (typeof part === 'string' ? part : part(date))).join('')
  }
}
