/** Host names, DNS labels, IP addresses and ranges, as Istio's validation reads them. */
import { clip } from './clip.js'

export const dnsLabel: RegExp = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const wildcardLabel = /^(?:\*|\*-?[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?)$/
const dnsSubdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

export function isDnsLabel(value: string): boolean {
  return dnsLabel.test(value)
}

/** RFC 1123 subdomain: lower-case labels joined by dots, as in most Kubernetes names. */
export function isDnsSubdomain(value: string): boolean {
  return value.length <= 253 && dnsSubdomain.test(value)
}

/** Istio's host rule: plain DNS labels; the first may be `*`, `*suffix` or `*-suffix`. */
export function checkWildcardHost(value: string): string | undefined {
  if (value === '') return 'the host is empty'
  if (value === '*') return undefined
  if (value.length > 255) return 'the host is longer than 255 characters'
  const labels = (value.endsWith('.') ? value.slice(0, -1) : value).split('.')
  const [first = '', ...rest] = labels
  if (!dnsLabel.test(first) && !wildcardLabel.test(first)) return hostProblem(value, first)
  const bad = rest.find((label) => !dnsLabel.test(label))
  if (bad !== undefined) return hostProblem(value, bad)
  return /^\d+$/.test(labels.at(-1) ?? '') && labels.length > 1
    ? `"${clip(value)}" ends in a number, as only an IP address does`
    : undefined
}

function hostProblem(value: string, label: string): string {
  if (value.includes('://')) return `"${clip(value)}" is a URL; only the host name belongs here`
  if (/^[^:]+:\d+$/.test(value)) return `"${clip(value)}" contains a port; only the host name belongs here`
  if (label === '') return `"${clip(value)}" has an empty part between dots`
  if (label.includes('*')) return `"${clip(value)}": "*" may stand only at the very beginning`
  if (label.includes('_')) return `"${clip(value)}": host names have no "_"`
  return `"${clip(value)}" is not a host name`
}

export function checkHostOrIp(value: string): string | undefined {
  return isIpAddress(value) ? undefined : checkWildcardHost(value)
}

/** A host name without wildcards. */
export function isFqdn(value: string): boolean {
  return !value.includes('*') && checkWildcardHost(value) === undefined
}

export function checkSubnet(value: string): string | undefined {
  const slash = value.indexOf('/')
  const address = slash < 0 ? value : value.slice(0, slash)
  const bits = slash < 0 ? '0' : value.slice(slash + 1)
  const limit = address.includes(':') ? 128 : 32
  if (!isIpAddress(address)) return `"${clip(value)}" is not an IP address or range`
  return /^\d{1,3}$/.test(bits) && Number(bits) <= limit
    ? undefined
    : `"${clip(value)}": the part after "/" must be a number from 0 to ${limit}`
}

export function isIpAddress(value: string): boolean {
  return isIpv4(value) || isIpv6(value)
}

function isIpv4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isIpv6(value: string): boolean {
  if (!/^[0-9A-Fa-f:.]+$/.test(value) || !value.includes(':')) return false
  const halves = value.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const part of halves.flatMap((half) => (half === '' ? [] : half.split(':')))) {
    if (part.includes('.') ? !isIpv4(part) : !/^[0-9A-Fa-f]{1,4}$/.test(part)) return false
    groups += part.includes('.') ? 2 : 1
  }
  return halves.length === 2 ? groups < 8 : groups === 8
}
