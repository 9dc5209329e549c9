/**
 * Where an API is and how to be let in: a kubeconfig (clientcmd v1 Config: token or client certificate) or the service
 * account that Kubernetes mounts into a Pod. Credential plug-ins (`exec`, `auth-provider`) are refused by name.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import { parseBlockYaml } from './block-yaml.js'
import type { ResourceClientOptions } from './resource-client.js'

export interface KubeconfigOptions {
  /** Context to use. Default: the file's `current-context`. */
  readonly context?: string
}

export interface LoadedKubeconfig extends ResourceClientOptions {
  readonly context: string
  /** Namespace of the context. Default: `default`. */
  readonly namespace: string
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a kubeconfig, JSON or the YAML that kubectl writes. @throws HEDDLE_KUBECONFIG_INVALID with the entry at fault. */
export async function loadKubeconfig(path: string, options: KubeconfigOptions = {}): Promise<LoadedKubeconfig> {
  const document = parseDocument(path, await readText(path, path))
  const contextName = options.context ?? text(document['current-context'])
  if (contextName === undefined) throw invalid(path, 'it has no current-context, and no context was chosen')
  const contextNames = namesIn(document, 'contexts')
  if (!contextNames.includes(contextName)) throw unknownContext(path, contextName, contextNames)
  const context = entry(path, document, 'contexts', 'context', contextName)
  const cluster = entry(path, document, 'clusters', 'cluster', text(context['cluster']) ?? '')
  const user = entry(path, document, 'users', 'user', text(context['user']) ?? '')
  const server = text(cluster['server'])
  if (!server?.startsWith('https://'))
    throw invalid(path, `the server "${server ?? ''}" of context "${contextName}" is not an https:// address`)
  if (cluster['insecure-skip-tls-verify'] === true)
    throw invalid(path, 'insecure-skip-tls-verify is not supported; name the certificate-authority')
  return {
    context: contextName,
    namespace: text(context['namespace']) ?? 'default',
    server,
    certificateAuthority: (await material(path, cluster, 'certificate-authority')) ?? '',
    ...(await credentials(path, user)),
  }
}

/**
 * The options of a Pod: address from the environment's `KUBERNETES_SERVICE_HOST` and `_PORT`, token and authority from
 * `directory` (`/var/run/secrets/kubernetes.io/serviceaccount` in a container). The token is read again for every call.
 */
export async function loadInClusterConfig(options: {
  readonly host: string
  readonly port: string | number
  readonly directory: string
}): Promise<ResourceClientOptions> {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const tokenPath = `${options.directory}/token`
  const authorityPath = `${options.directory}/ca.crt`
  return {
    server: `https://${host}:${options.port}`,
    certificateAuthority: await readText(authorityPath, authorityPath),
    token: async () => (await readText(tokenPath, tokenPath)).trim(),
  }
}

async function credentials(path: string, user: Fields): Promise<Pick<ResourceClientOptions, 'token' | 'clientCertificate'>> {
  for (const plugin of ['exec', 'auth-provider', 'username'])
    if (user[plugin] !== undefined)
      throw invalid(path, `the user's "${plugin}" credentials are not supported; use a token or a client certificate`)
  const tokenFile = text(user['tokenFile'])
  const token =
    tokenFile === undefined
      ? text(user['token'])
      : async (): Promise<string> => (await readText(path, resolve(dirname(path), tokenFile))).trim()
  const certificate = await material(path, user, 'client-certificate')
  const key = await material(path, user, 'client-key')
  return {
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  }
}

/** `NAME-data` holds base64; `NAME` holds a path relative to the kubeconfig. */
async function material(path: string, fields: Fields, name: string): Promise<string | undefined> {
  const data = text(fields[`${name}-data`])
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const file = text(fields[name])
  return file === undefined ? undefined : readText(path, resolve(dirname(path), file))
}

function namesIn(document: Fields, list: string): readonly string[] {
  return entriesOf(document, list).flatMap((candidate) => text(candidate['name']) ?? [])
}

function entriesOf(document: Fields, list: string): readonly Fields[] {
  return Array.isArray(document[list]) ? (document[list] as readonly Fields[]) : []
}

function entry(path: string, document: Fields, list: string, field: string, name: string): Fields {
  const found = entriesOf(document, list).find((candidate) => candidate['name'] === name)?.[field]
  if (typeof found !== 'object' || found === null) throw invalid(path, `${list} has no entry "${name}"`)
  return found as Fields
}

function parseDocument(path: string, content: string): Fields {
  try {
    const document: unknown = content.trimStart().startsWith('{') ? JSON.parse(content) : parseBlockYaml(content)
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Fields
  } catch (error) {
    throw invalid(path, messageOf(error), error)
  }
  throw invalid(path, 'it is not a mapping')
}

async function readText(kubeconfig: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw invalid(kubeconfig, messageOf(error), error)
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function unknownContext(path: string, name: string, known: readonly string[]): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_KUBECONFIG_INVALID',
    message: `there is no context "${name}" in ${path}; ${known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`}`,
    origin: 'user',
    hint: 'Name one of its contexts, or another kubeconfig.',
  })
}

function invalid(path: string, reason: string, cause?: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_KUBECONFIG_INVALID',
    message: `the credentials in ${path} cannot be used: ${reason}`,
    origin: 'user',
    hint: 'For the local mesh, `heddle up` writes this file.',
    cause,
  })
}
