/** Request targets (RFC 9112 section 3.2) and the host rules of RFC 3986, without `URL`: it would move bytes between host and path. */

export type Target =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'absolute'; readonly scheme: string; readonly authority: string; readonly path: string }
  | { readonly kind: 'authority'; readonly authority: string }
  | { readonly kind: 'refused' }

const refused: Target = { kind: 'refused' }

export function parseTarget(method: string, target: string): Target {
  if (method === 'CONNECT') return isAuthority(target) && target.includes(':') ? { kind: 'authority', authority: target } : refused
  if (target.charCodeAt(0) === 0x2f) return { kind: 'path', path: target }
  if (target === '*') return method === 'OPTIONS' ? { kind: 'path', path: '*' } : refused
  const match = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target)
  if (!match) return refused
  const authority = match[2] as string
  if (!isAuthority(authority)) return refused
  const rest = match[3] as string
  return { kind: 'absolute', scheme: (match[1] as string).toLowerCase(), authority, path: rest.startsWith('/') ? rest : `/${rest}` }
}

const maxAuthorityBytes = 255
const authorityPattern = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/

/** Whether the text is a host with an optional port from 1 to 65535. */
export function isAuthority(text: string): boolean {
  if (text.length > maxAuthorityBytes) return false
  const match = authorityPattern.exec(text)
  if (!match) return false
  const port = match[1]
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65535)
}
