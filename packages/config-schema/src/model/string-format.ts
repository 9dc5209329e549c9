/** The syntaxes of Istio's and Kubernetes' string fields, each with a check and a phrase that says what is expected. */
import { parseDuration } from '@heddle/base'
import { clip } from './clip.js'
import { gatewayFormats, type GatewayFormat } from './gateway-format.js'
import { checkHostOrIp, checkSubnet, checkWildcardHost, dnsLabel, isDnsSubdomain, isIpAddress } from './host-format.js'

export type StringFormat =
  | 'duration'
  | 'duration-or-zero'
  | 'wildcard-host'
  | 'sni-host'
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
  | 'regex-unbounded'
  | 'header-name'
  | 'jwt-header'
  | 'sha256'
  | GatewayFormat

export interface FormatRule {
  readonly ruleId: string
  readonly expected: string
  /** The same check as a regular expression, for schemas that others check by; absent where an expression cannot say it. */
  readonly pattern?: string
  /** @returns what is wrong with the text, or undefined. */
  readonly check: (text: string) => string | undefined
}

/** Gateways between meshes route by server names such as `outbound_.80_.v1_.host`. */
export const meshSni: RegExp = /^outbound_\.\d+_\.[^_]*_\..+$/

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const labelName = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const quantity = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[KMGTPE]i|[numkMGTPE])?$/
const time = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

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
  'sni-host': {
    ruleId: 'bad-host',
    expected: 'a server name such as shop.example.com or *.example.com',
    check: (value) => (meshSni.test(value) || isIpAddress(value) ? undefined : checkWildcardHost(value)),
  },
  'host-or-ip': {
    ruleId: 'bad-host',
    expected: 'a host name such as reviews or *.example.com, or an IP address',
    check: checkHostOrIp,
  },
  'dns-label': {
    ruleId: 'bad-name',
    expected: 'letters, digits and "-", at most 63 characters, beginning and ending with a letter or digit',
    pattern: dnsLabel.source,
    check: (value) => (dnsLabel.test(value) ? undefined : `"${clip(value)}" is not a DNS label`),
  },
  regex: { ruleId: 'bad-regex', expected: 'a regular expression in RE2 syntax, at most 1024 characters', check: checkRegex },
  'regex-unbounded': { ruleId: 'bad-regex', expected: 'a regular expression in RE2 syntax', check: checkExpression },
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
  'header-name': {
    ruleId: 'bad-header-name',
    expected: 'a header name: letters, digits and "-"',
    pattern: token.source,
    check: (value) => (token.test(value) ? undefined : `"${clip(value)}" is not a header name`),
  },
  'jwt-header': {
    ruleId: 'bad-header-name',
    expected: 'letters, digits, "-" and "_"',
    pattern: '^[-_A-Za-z0-9]+$',
    check: (value) => (/^[-_A-Za-z0-9]+$/.test(value) ? undefined : `"${clip(value)}" cannot be the name of this header`),
  },
  sha256: {
    ruleId: 'bad-checksum',
    expected: '64 lower-case hexadecimal digits',
    pattern: '^$|^[a-f0-9]{64}$',
    check: (value) => (value === '' || /^[a-f0-9]{64}$/.test(value) ? undefined : `"${clip(value)}" is not a SHA-256 checksum`),
  },
  ...gatewayFormats,
  time: {
    ruleId: 'bad-time',
    expected: 'a time such as 2026-01-31T10:00:00Z',
    check: (value) => (time.test(value) ? undefined : `"${clip(value)}" is not a time in RFC 3339 form`),
  },
}

/** What is wrong with a text of a format, or undefined. */
export function formatProblem(format: StringFormat, text: string): string | undefined {
  return formatRules[format].check(text)
}

function checkDuration(value: string, minimumMs: number): string | undefined {
  const parsed = parseDuration(value)
  if (!parsed.ok) return value === '' ? 'the duration is empty' : `"${clip(value)}" is not a duration`
  if (parsed.ms < minimumMs) return `"${clip(value)}" is too short`
  return Number.isInteger(Math.round(parsed.ms * 1e6) / 1e6) ? undefined : `"${clip(value)}" is finer than one millisecond`
}

/**
 * RE2 has no lookaround and no backreferences. What both RE2 and JavaScript read is compiled here; patterns with syntax that
 * only RE2 knows are left to the engine the caller injects. A lone `*` is no expression but Istio's word for "present" in header
 * matches; the rules of HTTP matches refuse it elsewhere.
 */
function checkRegex(value: string): string | undefined {
  if (value === '*') return undefined
  return value.length > 1024 ? 'the regular expression is longer than 1024 characters' : checkExpression(value)
}

function checkExpression(value: string): string | undefined {
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
