/**
 * Writes docs/errors.md from the sources: every `code: 'HEDDLE_...'` and every code given to a function that makes errors, with its message
 * and hint. `--check` only compares. A code with several messages, or with one that is put together at run time, needs a sentence in `meanings`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** In the order of ARCHITECTURE.md. */
const packages = [
  'base',
  'x509',
  'routing',
  'config-schema',
  'translation',
  'inject',
  'ca',
  'proxy-core',
  'xds',
  'client',
  'control-plane',
  'local-platform',
  'sidecar',
  'cli',
  'testing',
]

const meanings: Readonly<Record<string, string>> = {
  HEDDLE_ADS_RESOURCE: 'a resource of the control plane cannot be read or supported; its last good version stays',
  HEDDLE_CA_JOIN_TOKEN_REFUSED: 'the join token cannot be made, with the reason: its life, its hash, or too many unused ones',
  HEDDLE_CA_AUDIT_FAILED: 'a certificate or a token was not released: its issue could not be recorded',
  HEDDLE_CA_STATE_UNSAFE: "others could read or change the authority's state or its log: a mode, an owner or a link in its folder",
  HEDDLE_IDENTITY_REFUSED: 'the authority gave no certificate or no token, with its reason; the cause is the gRPC error',
  HEDDLE_ADS_SECRET: 'the key material of a secret does not fit together or cannot be read; its last good version stays',
  HEDDLE_CLI_POD_UNREACHABLE: 'a port of a Pod does not answer, or cannot be reached through the API server, with the reason',
  HEDDLE_API_STATUS: "the API refused; the error's cause is its `Status`",
  HEDDLE_API_UNREACHABLE: 'nothing answers at the address of the API, or the connection broke',
  HEDDLE_CA_BUNDLE_INVALID: 'the trust bundle of another domain, or how it is to be fetched, cannot be used',
  HEDDLE_CA_OPTIONS_INVALID: "the authority's options contradict each other, or the trust domain is none",
  HEDDLE_CA_SIGNER_EXPIRED: "the authority's own certificate has ended or not begun; nothing is issued",
  HEDDLE_CA_STATE_CONFLICT: 'another replica saved its state first; it is adopted',
  HEDDLE_CA_STATE_LOCKED: 'another authority uses the state',
  HEDDLE_CA_STATE_UNREADABLE: "the authority's state is there and cannot be read; no new root is made in its place",
  HEDDLE_CA_STATE_WRITE_FAILED: "the authority's state could not be saved; what was saved before is unchanged",
  HEDDLE_CLI_BAD_DATA: 'a manifest has faults, is not UTF-8, or holds no object; each fault is printed with file, line and column',
  HEDDLE_CLI_DISK: 'the disk is full, its quota is used up, or it cannot be written; nothing that was acknowledged is lost',
  HEDDLE_CLI_EXEC_FAILED: 'the command could not be run in the container',
  HEDDLE_CLI_FILE: 'a file that was named does not exist or cannot be read',
  HEDDLE_CLI_INTERNAL: 'something that is no error of Heddle was thrown',
  HEDDLE_CLI_NOT_FOUND: 'the object that was named does not exist, or has no Pods',
  HEDDLE_CLI_NO_ISTIOD: 'no istiod is running that could answer',
  HEDDLE_CLI_NO_MESH: 'no local mesh was started with the state folder, or none answers there',
  HEDDLE_CLI_ORDER_REFUSED: 'the authority refused an order, in the words of the message',
  HEDDLE_CLI_TIMEOUT: 'what was waited for did not happen in time',
  HEDDLE_CLI_USAGE: 'the command line is wrong: an unknown command or flag, a missing or bad value',
  HEDDLE_CONTROL_PLANE_LIMIT: 'a discovery stream asked for more types or names than any proxy needs; it ends with RESOURCE_EXHAUSTED',
  HEDDLE_CONTROL_PLANE_LISTEN: 'a port of the control plane cannot be bound',
  HEDDLE_CONTROL_PLANE_MESH_CONFIG: 'the ConfigMap `istio` is no MeshConfig; the last good settings stay',
  HEDDLE_CONTROL_PLANE_USAGE: "heddle-istiod's arguments are wrong",
  HEDDLE_INJECT_INVALID_MANIFEST: 'the YAML or a workload in it is faulty; the message has a line a fault',
  HEDDLE_INJECT_INVALID_OBJECT: 'the object is no workload of its kind',
  HEDDLE_KUBECONFIG_INVALID: 'the kubeconfig lacks the context or its credentials, or holds some that are not supported',
  HEDDLE_PROXY_CONFIG: 'a resource of the configuration cannot be used; its last good version stays',
  HEDDLE_PROXY_LISTEN: 'an address of the proxy cannot be bound',
  HEDDLE_PROXY_USAGE: "heddle-proxy's arguments or environment are wrong",
  HEDDLE_RUNTIME_CONFIG: 'a ConfigMap, Secret or key that a container needs is missing',
  HEDDLE_RUNTIME_IMAGE: 'no entry of the image map covers the image; the message has the lines to add',
  HEDDLE_RUNTIME_MOUNT: 'an object that a volume needs is missing',
  HEDDLE_STORE_CORRUPT: 'a record or file of the store is damaged or missing, or older than what was acknowledged; nothing is changed',
  HEDDLE_X509_FIELDS_INVALID: 'a certificate or revocation list cannot be written with these fields',
  HEDDLE_TRANSLATION_EXPECTATION: 'an expectation of `expectRoute` does not hold; the message explains what becomes of the request instead',
  HEDDLE_TRANSLATION_REQUEST: 'a simulated request cannot be read: its URL, or the manifests that it runs on',
  HEDDLE_TRANSLATION_UNKNOWN_GATEWAY: 'a simulated request comes through a Gateway that does not exist',
}

interface Site {
  readonly packageName: string
  readonly message: string | undefined
  readonly hint: string | undefined
}

/** Where the bracket that was opened before `start` is closed; strings and templates are passed over. */
function endOfGroup(source: string, start: number): number {
  let depth = 0
  let at = start
  while (at < source.length) {
    const char = source[at] as string
    if (`'"\``.includes(char)) at = endOfLiteral(source, at)
    else {
      if ('([{'.includes(char)) depth += 1
      if (')]}'.includes(char) && --depth < 0) return at
      at += 1
    }
  }
  return at
}

function endOfLiteral(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source[at] !== source[start]) {
    if (source[start] === '`' && source.startsWith('${', at)) at = endOfGroup(source, at + 2)
    at += source[at] === '\\' ? 2 : 1
  }
  return at + 1
}

/** The text of a literal that is the whole value, `…` standing for what is filled in. */
function literalAt(source: string, start: number): string | undefined {
  if (!`'"\``.includes(source[start] ?? ' ')) return undefined
  const end = endOfLiteral(source, start)
  if (!/^\s*(?:[,})\]]|$)/.test(source.slice(end))) return undefined
  let text = ''
  for (let at = start + 1; at < end - 1; at += 1) {
    if (source[start] === '`' && source.startsWith('${', at)) {
      at = endOfGroup(source, at + 2)
      text += '…'
    } else if (source[at] === '\\') text += source[(at += 1)] ?? ''
    else text += source[at] ?? ''
  }
  return text
}

function valueOf(group: string, name: string): string | undefined {
  const found = new RegExp(String.raw`\b${name}:\s*`).exec(group)
  return found ? literalAt(group, found.index + found[0].length) : undefined
}

function sitesIn(text: string, packageName: string): readonly (readonly [code: string, site: Site])[] {
  // A code that is compared elsewhere has a name of its own.
  const source = text.replaceAll(/\bcode: (\w+Code)\b/g, (whole, name: string) => {
    const [, code] = new RegExp(String.raw`\b${name} = '(HEDDLE_[A-Z0-9_]+)'`).exec(text) ?? []
    return code === undefined ? whole : `code: '${code}'`
  })
  const sites: (readonly [string, Site])[] = []
  for (const found of source.matchAll(/(\bcode:\s*|\b[a-z]\w*\(\s*)'(HEDDLE_[A-Z0-9_]+)',?\s*/g)) {
    const [whole, before = '', code = ''] = found
    if (before.startsWith('isHeddleError')) continue
    const start = found.index + whole.length
    const group = source.slice(start, endOfGroup(source, start))
    const message = before.startsWith('code') ? valueOf(group, 'message') : literalAt(group, 0)
    sites.push([code, { packageName, message, hint: valueOf(group, 'hint') }])
  }
  return sites
}

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^(gen|testing)\//.test(path))
    .toSorted()
    .map((path) => readFileSync(join(folder, path), 'utf8'))
}

function collect(): ReadonlyMap<string, readonly Site[]> {
  const codes = new Map<string, Site[]>()
  const declared = new Set<string>()
  for (const packageName of packages) {
    for (const source of sourcesOf(join(import.meta.dirname, '../packages', packageName, 'src'))) {
      for (const [, code = ''] of source.matchAll(/\| '(HEDDLE_[A-Z0-9_]+)'/g)) declared.add(code)
      for (const [code, site] of sitesIn(source, packageName)) codes.set(code, [...(codes.get(code) ?? []), site])
    }
  }
  fail([...declared].filter((code) => !codes.has(code)).map((code) => `${code} is declared and never made`))
  return codes
}

function fail(faults: readonly string[]): void {
  if (faults.length === 0) return
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(1)
}

const isText = (text: string | undefined): text is string => text !== undefined
const unique = (texts: readonly (string | undefined)[]): readonly string[] => [...new Set(texts.filter(isText))]
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')

function row(code: string, sites: readonly Site[]): string {
  const meaning = meanings[code] ?? sites[0]?.message ?? ''
  const others = unique(sites.map(({ packageName }) => packageName)).slice(1)
  const also = others.length === 0 ? '' : ` (also ${others.join(', ')})`
  return `| \`${code}\` | ${cell(meaning)}${also} | ${cell(unique(sites.map(({ hint }) => hint)).join('<br>'))} |`
}

function lacksMeaning(code: string, sites: readonly Site[]): boolean {
  const messages = new Set(sites.map(({ message }) => message))
  return meanings[code] === undefined && (messages.size !== 1 || messages.has(undefined))
}

function render(): string {
  const codes = [...collect()].toSorted(([a], [b]) => (a < b ? -1 : 1))
  fail(
    codes
      .filter(([code, sites]) => lacksMeaning(code, sites))
      .map(([code]) => `${code} has no message, or several: say what it means in scripts/errors.ts`),
  )
  fail(
    Object.keys(meanings)
      .filter((code) => !codes.some(([known]) => known === code))
      .map((code) => `${code} has a meaning in scripts/errors.ts and is never made`),
  )
  const sections = packages.flatMap((packageName) => {
    const rows = codes.filter(([, sites]) => sites[0]?.packageName === packageName).map(([code, sites]) => row(code, sites))
    return rows.length === 0 ? [] : [`## @heddle/${packageName}`, '', '| code | meaning | what to do |', '|---|---|---|', ...rows, '']
  })
  return [
    '# Errors',
    '',
    'Every code of a `HeddleError`. This page is written by `scripts/errors.ts` from the sources; a test holds it to them.',
    '',
    'A code has one meaning and stays; programs match it with `isHeddleError(error, code)`. `message` says what happened, `hint` what to do',
    'next, `origin` where the fault lies and `retryable` whether the same call may succeed later. In messages `…` stands for what is filled in.',
    'Faults in manifests are data, not errors: their rules are in the README of `@heddle/config-schema`.',
    '',
    ...sections,
  ].join('\n')
}

const file = new URL('../docs/errors.md', import.meta.url)
const text = render()
if (process.argv.includes('--check')) {
  fail(
    readFileSync(file, 'utf8') === text
      ? []
      : ['docs/errors.md is not what scripts/errors.ts writes; run: node --conditions=@heddle/source --import tsx scripts/errors.ts'],
  )
} else writeFileSync(file, text)
