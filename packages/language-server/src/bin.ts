/** Entry of the `heddle-lsp` program. Editors pass `--stdio`, which is the only way it speaks. */
import { serveStdio } from './server/serve.js'

const usage = `heddle-lsp: the language server for Istio, Gateway API and Kubernetes manifests.

Usage: heddle-lsp [--stdio]

An editor runs it and speaks to it on standard input and output; by hand there is nothing to see.
`

if (process.argv.some((word) => word === '--help' || word === '-h')) process.stdout.write(usage)
else {
  if (process.stdin.isTTY) process.stderr.write(usage)
  await serveStdio()
}
