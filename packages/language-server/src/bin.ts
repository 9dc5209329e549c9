/** Entry of the `heddle-lsp` program. Editors pass `--stdio`, which is the only way it speaks. */
import { serveStdio } from './server/serve.js'

await serveStdio()
