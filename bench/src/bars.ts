/** What the project promises, and whether a run kept it. Every bar is a ratio within one run, but for a few absolute ones. */
import type { ContenderResult } from './result.js'

export type Figure = 'cpuMsPer1k' | 'p50Ms' | 'p99Ms' | 'rssMb' | 'kbPerConnection' | 'kbPerTlsConnection'

export interface Bar {
  /** Whose figure; `heddle mesh` unless told. */
  readonly contender?: string
  readonly figure: Figure
  /** Absent: the figure itself has to be within the limit. */
  readonly rival?: string
  readonly measure?: string
  /** `at-most` x times the rival's; `below` it; `times-less`: the rival's is at least x times ours. */
  readonly kind: 'at-most' | 'below' | 'times-less'
  /** Without meaning for `below`. */
  readonly limit: number
}

export interface BarResult {
  readonly bar: string
  /** Null: somebody did not take part. */
  readonly measured: number | null
  readonly isMet: boolean | null
}

const titles: Readonly<Record<Figure, string>> = {
  cpuMsPer1k: 'CPU',
  p50Ms: 'p50',
  p99Ms: 'p99',
  rssMb: 'base RSS',
  kbPerConnection: 'KB per idle connection',
  kbPerTlsConnection: 'KB per idle mTLS connection',
}

export function judge(bars: readonly Bar[], contenders: readonly ContenderResult[]): readonly BarResult[] {
  return bars.map((bar) => {
    const figureOf = (name: string): number | null | undefined =>
      contenders.find((each) => each.name === name && (bar.measure === undefined || each.measure === bar.measure))?.[bar.figure]
    const ours = figureOf(bar.contender ?? 'heddle mesh')
    const theirs = bar.rival === undefined ? 1 : figureOf(bar.rival)
    if (typeof ours !== 'number' || typeof theirs !== 'number' || ours === 0 || theirs === 0)
      return { bar: describe(bar), measured: null, isMet: null }
    const measured = bar.kind === 'times-less' ? theirs / ours : ours / theirs
    return { bar: describe(bar), measured: Number(measured.toFixed(2)), isMet: isWithin(bar, measured) }
  })
}

function isWithin({ kind, limit }: Bar, measured: number): boolean {
  if (kind === 'below') return measured < 1
  return kind === 'at-most' ? measured <= limit : measured >= limit
}

function describe({ contender = 'heddle mesh', figure, rival, measure, kind, limit }: Bar): string {
  const what = `${contender}: ${measure === undefined ? '' : `${measure}, `}${titles[figure]}`
  if (kind === 'below') return `${what} below that of ${rival}`
  if (kind === 'times-less') return `${what} at least ${limit} times less than ${rival}`
  return rival === undefined ? `${what} <= ${limit}` : `${what} <= ${limit} x ${rival}`
}
