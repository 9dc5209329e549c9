/** The kubeconfig of the local mesh: what kubectl and the CLI read. Written 0600, it holds the administrator's token. */
import { writeDurably } from '@heddle/base/node'

export interface KubeconfigFields {
  readonly server: string
  readonly certificateAuthority: string
  readonly token: string
}

export const contextName = 'heddle'

export function writeKubeconfig(path: string, { server, certificateAuthority, token }: KubeconfigFields): void {
  writeDurably(
    path,
    `apiVersion: v1
kind: Config
current-context: ${contextName}
clusters:
- name: ${contextName}
  cluster:
    server: ${server}
    certificate-authority-data: ${Buffer.from(certificateAuthority).toString('base64')}
contexts:
- name: ${contextName}
  context:
    cluster: ${contextName}
    user: ${contextName}-admin
    namespace: default
users:
- name: ${contextName}-admin
  user:
    token: ${token}
preferences: {}
`,
  )
}
