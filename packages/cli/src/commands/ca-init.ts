/** `heddle ca init`: a root and an intermediate of one's own, as the files of Istio's `cacerts`. Nothing is asked and nothing is overwritten. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HeddleError } from '@heddle/base'
import { makeFolder, writeDurably } from '@heddle/base/node'
import { makeCacerts } from '@heddle/ca'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'

export function run({ flags, streams, cwd }: Invocation): Promise<number> {
  const folder = resolve(cwd, flags.string('out') ?? 'cacerts')
  const made = makeCacerts({ trustDomain: flags.string('trust-domain') ?? 'cluster.local' })
  const files = {
    'root-key.pem': made.rootKeyPem,
    'ca-key.pem': made.caKeyPem,
    'root-cert.pem': made.rootCertPem,
    'ca-cert.pem': made.caCertPem,
    'cert-chain.pem': made.certChainPem,
  }
  const there = Object.keys(files).find((name) => existsSync(join(folder, name)))
  if (there !== undefined) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_FILE',
      message: `${join(folder, there)} is there already: a new root would cut off whoever trusts the old one`,
      hint: 'Choose another folder with --out.',
      origin: 'user',
    })
  }
  makeFolder(folder)
  for (const [name, text] of Object.entries(files)) writeDurably(join(folder, name), text)
  streams.stdout.write(`made a root and an intermediate in ${folder}\n`)
  streams.stdout.write('Put root-key.pem in a safe: the mesh does not need it. The rest is the Secret "cacerts":\n')
  const names = Object.keys(files).filter((name) => name !== 'root-key.pem')
  streams.stdout.write(
    `  kubectl create secret generic cacerts -n istio-system ${names.map((name) => `--from-file=${join(folder, name)}`).join(' ')}\n`,
  )
  return Promise.resolve(exitCode.ok)
}
