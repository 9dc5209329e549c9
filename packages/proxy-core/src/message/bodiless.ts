/** Answers that never have a body, whatever their head says of its length (RFC 9112 section 6.3). */
export function isBodiless(status: number, method: string): boolean {
  return status < 200 || status === 204 || status === 304 || method === 'HEAD'
}
