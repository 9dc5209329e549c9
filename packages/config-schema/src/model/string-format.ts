/** The syntaxes of Istio's and Kubernetes' string fields, each with a check and a phrase that says what is expected. */
import { parseDuration } from '@heddle/base'

export type StringFormat =
  | 'duration'
  | 'duration-or-zero'
  | 'wildcard-host'
  | 'host-or-ip'
  | 'dns-label'
  | 'regex'
  | 'label-key'
  | 'label-value'
  | 'subnet'
  | 'port-number'
  | 'quantity'
  | 'base64'
  | 'time'

export interface FormatRule {
  readonly ruleId: string
  readonly expected: string
  /** @returns what is wrong with the text, or undefined. */
  readonly check: (text: string) => string | undefined
}

const dnsLabel = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const wildcardLabel = /^(?:\*|\*-?[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?)$/
const labelName = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const dnsSubdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
const quantity = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[KMGTPE]i|[numkMGTPE])?$/
const time = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function isDnsLabel(value: string): boolean {
  return dnsLabel.test(value)
}

/** RFC 1123 subdomain: lower-case labels joined by dots, as in most Kubernetes names. */
export function isDnsSubdomain(value: string): boolean {
  return value.length <= 253 && dnsSubdomain.test(value)
}

export const formatRules: Readonly<Record<StringFormat, FormatRule>> = {
  duration: {
    ruleId: 'bad-duration',
    expected: 'a duration of at least 1ms, such as 5s, 250ms or 1h30m',
    check: (value) => checkDuration(value, 1),
  },
  'duration-or-zero': { ruleId: 'bad-duration', expected: 'a duration such as 0s, 5s or 250ms', check: (value) => checkDuration(value, 0) },
  'wildcard-host': {
    ruleId: 'bad-host',
    expected: 'a host name such as reviews, reviews.prod.svc.cluster.local or *.example.com',
    check: checkWildcardHost,
  },
  'host-or-ip': {
    ruleId: 'bad-host',
    expected: 'a host name such as reviews or *.example.com, or an IP address',
    check: (value) => (isIpAddress(value) ? undefined : checkWildcardHost(value)),
  },
  'dns-label': {
    ruleId: 'bad-name',
    expected: 'letters, digits and "-", at most 63 characters, beginning and ending with a letter or digit',
    check: (value) => (dnsLabel.test(value) ? undefined : `"${clip(value)}" is not a DNS label`),
  },
  regex: { ruleId: 'bad-regex', expected: 'a regular expression in RE2 syntax, at most 1024 characters', check: checkRegex },
  'label-key': { ruleId: 'bad-label', expected: 'a label key such as app or example.com/role', check: checkLabelKey },
  'label-value': {
    ruleId: 'bad-label',
    expected: 'at most 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit',
    check: (value) => (value === '' || labelName.test(value) ? undefined : `"${clip(value)}" is not a label value`),
  },
  subnet: { ruleId: 'bad-address', expected: 'an IP address or a range such as 10.0.0.0/8', check: checkSubnet },
  'port-number': {
    ruleId: 'bad-port',
    expected: 'a port number from 1 to 65535',
    check: (value) => (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535 ? undefined : `"${clip(value)}" is not a port number`),
  },
  quantity: {
    ruleId: 'bad-quantity',
    expected: 'a quantity such as 100m, 0.5, 128Mi or 2Gi',
    check: (value) => (quantity.test(value) ? undefined : `"${clip(value)}" is not a quantity`),
  },
  base64: {
    ruleId: 'bad-base64',
    expected: 'base64 text',
    check: (value) => (base64.test(value.replaceAll(/[\r\n]/g, '')) ? undefined : 'this is not base64 text'),
  },
  time: {
    ruleId: 'bad-time',
    expected: 'a time such as 2026-01-31T10:00:00Z',
    check: (value) => (time.test(value) ? undefined : `"${clip(value)}" is not a time in RFC 3339 form`),
  },
}

/** Shortens what a message repeats, so that a hostile value cannot flood the terminal. */
export function clip(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 77)}...`
}

function checkDuration(value: string, minimumMs: number): string | undefined {
  const parsed = parseDuration(value)
  if (!parsed.ok) return value === '' ? 'the duration is empty' : `"${clip(value)}" is not a duration`
  if (parsed.ms < minimumMs) return `"${clip(value)}" is too short`
  return Number.isInteger(Math.round(parsed.ms * 1e6) / 1e6) ? undefined : `"${clip(value)}" is finer than one millisecond`
}

/** Istio's host rule: plain DNS labels; the first may be `*`, `*suffix` or `*-suffix`. */
function checkWildcardHost(value: string): string | undefined {
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

/**
 * RE2 has no lookaround and no backreferences. What both RE2 and JavaScript read is compiled here; patterns with syntax that
 * only RE2 knows are left to the engine the caller injects. A lone `*` is no expression but Istio's word for "present" in header
 * matches; the rules of HTTP matches refuse it elsewhere.
 */
function checkRegex(value: string): string | undefined {
  if (value === '*') return undefined
  if (value.length > 1024) return 'the regular expression is longer than 1024 characters'
  const bare = value.replaceAll(/\\\\/g, '').replaceAll(/\[(?:\\.|[^\]\\])*\]/g, '')
  if (/\(\?(?:=|!|<=|<!)/.test(bare)) return 'RE2, which proxies use, has no lookahead or lookbehind'
  if (/\\[1-9]|\\k</.test(bare)) return 'RE2, which proxies use, has no backreferences'
  if (/\(\?[PimsU-]|\\[AzQECpPa]|\[\[:|\\x\{/.test(value)) return undefined
  try {
    new RegExp(value)
    return undefined
  } catch {
    return `"${clip(value)}" is not a regular expression`
  }
}

function checkLabelKey(value: string): string | undefined {
  const slash = value.indexOf('/')
  const prefix = slash < 0 ? undefined : value.slice(0, slash)
  if (prefix !== undefined && !isDnsSubdomain(prefix)) return `"${clip(value)}": the part before "/" is not a DNS name`
  return labelName.test(value.slice(slash + 1)) ? undefined : `"${clip(value)}" is not a label key`
}

function checkSubnet(value: string): string | undefined {
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
