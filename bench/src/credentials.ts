/** Two identities of one mesh with P-256 keys: the side that dials and the side that accepts. Valid for the run only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa } from '@heddle/ca/testing'

export interface Credential {
  readonly spiffeId: string
  readonly chainPem: string
  readonly keyPem: string
  readonly chainFile: string
  readonly keyFile: string
  /** Chain and key in one file. */
  readonly bothFile: string
}

export interface Credentials {
  readonly rootPem: string
  readonly rootFile: string
  readonly client: Credential
  readonly server: Credential
}

/** The server's certificate has it beside the SPIFFE id, for rivals that verify names only. */
export const serverName = 'server.bench'

export function createCredentials(folder: string): Credentials {
  const ca = createTestCa()
  const rootFile = join(folder, 'root.pem')
  writeFileSync(rootFile, ca.rootPem)
  const issue = (name: string): Credential => {
    const { spiffeId, chainPem, keyPem } = ca.issue(`spiffe://cluster.local/ns/bench/sa/${name}`, { dnsNames: [`${name}.bench`] })
    const file = (kind: string, content: string): string => {
      const path = join(folder, `${name}-${kind}.pem`)
      writeFileSync(path, content, { mode: 0o600 })
      return path
    }
    return {
      spiffeId,
      chainPem,
      keyPem,
      chainFile: file('chain', chainPem),
      keyFile: file('key', keyPem),
      bothFile: file('both', chainPem + keyPem),
    }
  }
  return { rootPem: ca.rootPem, rootFile, client: issue('client'), server: issue('server') }
}
