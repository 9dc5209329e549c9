import type { CompileRegex, RouteRequest } from '../src/index.js'

export function request(
  path: string,
  options: { authority?: string; method?: string; scheme?: string; headers?: Record<string, string> } = {},
): RouteRequest {
  return {
    method: options.method ?? 'GET',
    path,
    authority: options.authority ?? 'shop.example',
    scheme: options.scheme ?? 'http',
    header: (name) => options.headers?.[name],
  }
}

/** The built-in engine is enough for trusted test patterns. */
export const compileRegex: CompileRegex = (pattern) => {
  const whole = new RegExp(`^(?:${pattern})$`)
  const all = new RegExp(pattern, 'g')
  return {
    matches: (text) => whole.test(text),
    replaceAll: (text, substitution) => text.replace(all, substitution.replaceAll(/\\(\d)/g, '$$$1')),
  }
}
