/** Field paths as Kubernetes prints them: `spec.http[0].route[1].destination.host`, odd keys as `metadata.labels["a/b"]`. */

export type PathSegment = string | number
export type FieldPath = readonly PathSegment[]

const plainKey = /^[A-Za-z_$][\w$-]*$/

/** No key that an API server takes is longer: a prefix of 253 characters, a slash and a name of 63. */
const longestKey = 317

export function formatPath(path: FieldPath): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (segment.length > longestKey) text += `[${JSON.stringify(`${segment.slice(0, longestKey)}...`)}]`
    else if (!plainKey.test(segment)) text += `[${JSON.stringify(segment)}]`
    else text += text === '' ? segment : `.${segment}`
  }
  return text
}
