/** `heddle ca bundle show|set|delete`: the mesh's trust bundle for others, and the other trust domains that the mesh believes. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseSpiffeBundle } from '@heddle/ca'
import type { FederationEntry } from '@heddle/control-plane'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { requireTrustDomain } from '../install/trust-domain.js'
import { renderTable } from '../output/table.js'
import { askAuthority } from '../target/authority.js'
import { changeFederation } from '../target/federation.js'
import { withTarget } from '../target/target.js'

export async function runShow(invocation: Invocation): Promise<number> {
  const { positionals, flags, streams } = invocation
  const [wanted] = positionals
  return withTarget(invocation, async (target) => {
    const { trustDomain, bundle, federated } = await askAuthority(target)
    if (wanted !== undefined) {
      const document = wanted === trustDomain ? bundle.spiffe : federated.find((other) => other.trustDomain === wanted)?.spiffe
      if (document === undefined) throw usageError(`the mesh has no bundle of "${wanted}"`)
      streams.stdout.write(`${document}\n`)
      return exitCode.ok
    }
    if (flags.string('output') === 'json') {
      streams.stdout.write(`${JSON.stringify([{ trustDomain, spiffe: bundle.spiffe }, ...federated], null, 2)}\n`)
      return exitCode.ok
    }
    const rows = [{ trustDomain, url: 'this mesh', spiffe: bundle.spiffe, failure: undefined }, ...federated].map((one) => [
      one.trustDomain,
      one.url ?? 'given',
      ...countsOf(one.spiffe),
      one.failure ?? 'ok',
    ])
    streams.stdout.write(renderTable({ header: ['TRUST DOMAIN', 'FROM', 'ROOTS', 'TOKEN KEYS', 'SEQUENCE', 'STATE'], rows }))
    return exitCode.ok
  })
}

function countsOf(document: string | undefined): readonly string[] {
  const parsed = document === undefined ? undefined : parseSpiffeBundle(document)
  if (!parsed?.ok) return ['-', '-', '-']
  const { rootsPem, jwtKeyIds, sequence } = parsed.bundle
  return [String(rootsPem.match(/BEGIN/g)?.length ?? 0), String(jwtKeyIds.length), sequence === undefined ? '-' : String(sequence)]
}

export async function runSet(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  const named = domainOf(invocation)
  const trustDomain = requireTrustDomain(named, `"${named}"`)
  const fileOf = async (flag: string): Promise<string | undefined> => {
    const path = flags.string(flag)
    return path === undefined ? undefined : await readFile(resolve(cwd, path), 'utf8')
  }
  const [url, endpointId, bundle, caCertificates] = [
    flags.string('url'),
    flags.string('endpoint-id'),
    await fileOf('bundle'),
    await fileOf('ca'),
  ]
  checkEntry({ url, endpointId, bundle })
  const entry: FederationEntry = {
    trustDomain,
    ...(url !== undefined && { url }),
    ...(endpointId !== undefined && { endpointId }),
    ...(bundle !== undefined && { bundle }),
    ...(caCertificates !== undefined && { caCertificates }),
  }
  return withTarget(invocation, async (target) => {
    const own = (await askAuthority(target)).trustDomain
    if (trustDomain === own) throw usageError(`"${own}" is this mesh itself`)
    await changeFederation(target, (entries) => [...entries.filter((other) => other.trustDomain !== trustDomain), entry])
    streams.stdout.write(`the mesh believes the names of ${trustDomain} as soon as it has its bundle; see "heddle ca bundle show"\n`)
    return exitCode.ok
  })
}

interface GivenFields {
  readonly url: string | undefined
  readonly endpointId: string | undefined
  readonly bundle: string | undefined
}

function checkEntry({ url, endpointId, bundle }: GivenFields): void {
  if (url === undefined && bundle === undefined) throw usageError('say where the bundle is with --url, or give it with --bundle FILE')
  if (url?.startsWith('https://') === false) throw usageError(`--url ${url} is not https:`)
  if (endpointId !== undefined && bundle === undefined)
    throw usageError('--endpoint-id needs a first bundle (--bundle FILE): nothing else proves who answers')
  const parsed = bundle === undefined ? undefined : parseSpiffeBundle(bundle)
  if (parsed?.ok === false) throw usageError(`--bundle: ${parsed.reason}`)
}

export async function runDelete(invocation: Invocation): Promise<number> {
  const trustDomain = domainOf(invocation)
  return withTarget(invocation, async (target) => {
    let wasThere = false
    await changeFederation(target, (entries) => {
      wasThere = entries.some((other) => other.trustDomain === trustDomain)
      return entries.filter((other) => other.trustDomain !== trustDomain)
    })
    invocation.streams.stdout.write(
      wasThere ? `the mesh believes the names of ${trustDomain} no more\n` : `the mesh had no bundle of ${trustDomain}\n`,
    )
    return exitCode.ok
  })
}

function domainOf({ positionals }: Invocation): string {
  const [trustDomain] = positionals
  if (trustDomain === undefined) throw usageError('say which trust domain, such as other.example')
  return trustDomain
}
