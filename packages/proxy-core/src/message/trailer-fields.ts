/**
 * Which fields may stand in trailers (RFC 9110 section 6.5.1). A recipient may merge trailers into the head, so none passes
 * on that frames or routes a message, changes or limits a request, authenticates, controls what is done with an answer, or
 * says how content is to be read. They are dropped where trailers are read, whichever protocol is on either side; those
 * that frame a message or belong to a connection make a request broken, there as in the head.
 */
const barred = new RegExp(
  `^(${[
    'transfer-encoding|connection|keep-alive|upgrade|te|trailer|http2-settings|proxy-connection',
    'host|forwarded|x-forwarded-.*|x-envoy-.*|max-forwards',
    'expect|range|cache-control|pragma|if-.*',
    'authorization|www-authenticate|proxy-authenticate|proxy-authorization|cookie|set-cookie',
    'age|date|expires|location|retry-after|vary|warning|strict-transport-security|access-control-.*',
    'content-(length|encoding|type|range|location|language|disposition|security-policy)',
  ].join('|')})$`,
)

/** @param lowerName twins with `_`, which some applications take for `-`, are none. */
export function mayTrail(lowerName: string): boolean {
  return !barred.test(lowerName.replaceAll('_', '-'))
}
