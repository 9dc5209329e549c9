/** The language server on Node.js: the service with the Language Server Protocol around it (`@heddle/language-server/node`). */
export { serveStdio } from './server/serve.js'
export type { ServerOptions } from './server/session.js'
