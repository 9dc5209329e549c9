/** Field paths as Kubernetes prints them: `spec.http[0].route[1].destination.host`, odd keys as `metadata.labels["a/b"]`. */

export type PathSegment = string | number
export type FieldPath = readonly PathSegment[]

const plainKey = /^[A-Za-z_$][\w$-]*$/

export function formatPath(path: FieldPath): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (!plainKey.test(segment)) text += `[${JSON.stringify(segment)}]`
    else text += text === '' ? segment : `.${segment}`
  }
  return text
}
