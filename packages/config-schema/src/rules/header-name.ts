/** Header names: a token of RFC 9110. */

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export function isHeaderName(name: string): boolean {
  return token.test(name)
}
