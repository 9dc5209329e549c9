/** `heddle ca init`: a root and an intermediate of one's own, as the files of Istio's `cacerts`. Nothing is asked and nothing is overwritten. */
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HeddleError } from '@heddle/base'
import { makeFolder, writeDurably } from '@heddle/base/node'
import { makeCacerts } from '@heddle/ca'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { inIstioSystem } from '../install/profile.js'
import { trustDomainOf } from '../install/trust-domain.js'

export function run({ flags, streams, cwd }: Invocation): Promise<number> {
  const folder = resolve(cwd, flags.string('out') ?? 'cacerts')
  const made = makeCacerts({ trustDomain: trustDomainOf(flags) })
  const plugged = {
    'ca-key.pem': made.caKeyPem,
    'root-cert.pem': made.rootCertPem,
    'ca-cert.pem': made.caCertPem,
    'cert-chain.pem': made.certChainPem,
  }
  // YAML takes JSON, and this needs no schemas.
  const secret = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: inIstioSystem('cacerts'), stringData: plugged }, null, 2)
  const files = { 'root-key.pem': made.rootKeyPem, ...plugged, 'secret.yaml': `${secret}\n` }
  const there = Object.keys(files).find((name) => existsSync(join(folder, name)))
  if (there !== undefined) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_FILE',
      message: `${join(folder, there)} is there already: a new root would cut off whoever trusts the old one`,
      hint: 'Choose another folder with --out. If it is what an interrupted call left, remove the folder.',
      origin: 'user',
    })
  }
  writeAll(folder, files)
  streams.stdout.write(`made a root and an intermediate in ${folder}\n`)
  streams.stdout.write(
    'Put root-key.pem in a safe: the mesh does not need it. ca-key.pem and secret.yaml hold the key that signs for the mesh:\n',
  )
  streams.stdout.write('keep them out of repositories. The Secret "cacerts" is secret.yaml:\n')
  streams.stdout.write(`  heddle apply -f ${join(folder, 'secret.yaml')}\n`)
  streams.stdout.write('  heddle rollout restart deploy/istiod -n istio-system\n')
  streams.stdout.write(
    'Workloads that run go over without losing a request: "heddle ca status" says how far they are. Until all of them trust the new root,\n' +
      'ten seconds to a minute, no certificate is issued, and new Pods wait for theirs.\n',
  )
  return Promise.resolve(exitCode.ok)
}

/** All or none, so that a second call is not refused for what a failed one left. */
function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  makeFolder(folder)
  try {
    for (const [name, text] of Object.entries(files)) writeDurably(join(folder, name), text)
  } catch (error) {
    for (const name of Object.keys(files)) rmSync(join(folder, name), { force: true })
    throw error
  }
}
