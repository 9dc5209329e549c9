/** Istio's annotations on the wrong kind, misspelt, with a bad value, or given up (IST0107, IST0108, IST0125, IST0135, IST0136). */
import { nearest } from '@heddle/base'
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'
import { annotationTable, type AnnotationFact } from './annotation-table.js'

/** Others' annotations are nobody's business here, but for the one of Kubernetes that Istio reads. */
const istioAnnotation = /(?:^|\.)istio\.io\/|^kubernetes\.io\/ingress\.class$/
/** Written by machines, under names that change. */
const machineWritten = /^(?:internal\.istio\.io|operator\.istio\.io|meta\.helm\.sh)\//

export function analyzeAnnotations(mesh: Mesh, report: Report): void {
  for (const view of mesh.views) checkAll(view, view.kind, view.annotations, ['metadata', 'annotations'], report)
  for (const { view, annotations, podPath } of mesh.workloads)
    if (podPath.length > 0 && podPath.at(-1) === 'template')
      checkAll(view, 'Pod', annotations, [...podPath, 'metadata', 'annotations'], report)
}

function checkAll(view: View, kind: string, annotations: Readonly<Record<string, string>>, path: FieldPath, report: Report): void {
  for (const [name, value] of Object.entries(annotations))
    if (istioAnnotation.test(name) && !machineWritten.test(name)) checkOne(view, kind, name, value, [...path, name], report)
}

function checkOne(view: View, kind: string, name: string, value: string, path: FieldPath, report: Report): void {
  const fact = annotationTable.get(name)
  if (fact === undefined) {
    const suggestion = nearest(name, annotationTable.keys())
    const changes = suggestion === undefined ? [] : [{ path }, { path: [...path.slice(0, -1), suggestion], value }]
    report('IST0108', view, path, `Istio knows no annotation "${name}", so it does nothing.`, {
      part: 'key',
      ...(suggestion === undefined ? {} : { suggestion, fix: { title: `Rename it to ${suggestion}`, changes } }),
    })
    return
  }
  if (fact.isDeprecated) reportDeprecated(view, name, fact, path, report)
  if (!fact.kinds.includes('Any') && !fact.kinds.includes(kind)) {
    const where = fact.kinds.includes('Pod')
      ? 'a Pod (of a Deployment: spec.template.metadata)'
      : fact.kinds.map((known) => `a ${known}`).join(' or ')
    report('IST0107', view, path, `The annotation "${name}" does nothing on a ${kind}: it belongs on ${where}.`, { part: 'key' })
    return
  }
  const problem = fact.check?.(value)
  if (problem !== undefined) report('IST0125', view, path, `"${value}" is no value of the annotation "${name}": ${problem}.`)
  if (fact.isAlpha && !fact.isDeprecated && !quiet.has(name))
    report(
      'IST0136',
      view,
      path,
      `The annotation "${name}" belongs to an experimental feature of Istio, which may be incomplete and may change.`,
      { part: 'key' },
    )
}

function reportDeprecated(view: View, name: string, { instead }: AnnotationFact, path: FieldPath, report: Report): void {
  const advice = instead === undefined ? '' : ` Use ${instead} instead.`
  report('IST0135', view, path, `The annotation "${name}" is deprecated and may stop working.${advice}`, { part: 'key' })
}

/** Experimental by name, and written by the injector itself or everywhere. */
const quiet = new Set(['istio.io/rev', 'sidecar.istio.io/status', 'networking.istio.io/exportTo'])
