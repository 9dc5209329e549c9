/** What the `want` column of the case list says, in a form that can be judged. Words that are not known here are for the caller. */

/** Any one of these outcomes will do; `ok` and a refusal may both be allowed. */
export interface RequestExpectation {
  /** Codes of the one answer that refuses the request; empty: it may not be refused. */
  readonly refusals: readonly number[]
  /** Served: how many requests upstream sees, the first one's body and target, and the code that follows them. */
  readonly ok?: { readonly requests: number; readonly body?: string; readonly target?: string; readonly next?: number }
  /** FIN without bytes. */
  readonly mayClose: boolean
  /** Silence. */
  readonly mayWait: boolean
  /** The upstream's exchange is destroyed, never completed. */
  readonly mustAbort: boolean
  /** Value of the field `X` as upstream has to see it, byte for byte. */
  readonly fieldX?: string
}

export interface AnswerExpectation {
  readonly refusals: readonly number[]
  readonly ok?: { readonly status: number; readonly body?: string }
  /** The client must see a broken message. */
  readonly mayCut: boolean
  readonly reuse?: boolean
}

const codesIn = (text: string): readonly number[] => [...text.matchAll(/(?<![\w=-])([2-5]\d\d)(?![\w-])/g)].map(([, code]) => Number(code))

export function readRequestExpectation(want: string): RequestExpectation {
  const then = /\bok then (\d{3})/.exec(want)
  const ok = /\bok(\d*)(?: (hello|\d{10}|\{S\}))?(?: path ([!-~]+))?/.exec(want)
  const fieldX = /\bX=([0-9a-z]*)/.exec(want)?.[1]
  const body = ok?.[2] === '{S}' ? 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n' : ok?.[2]
  return {
    refusals: codesIn(want.replace(/\bok then \d{3}/, '').replace(/^100 then/, '')),
    ...(ok && {
      ok: {
        requests: Number(ok[1] || 1),
        ...(body !== undefined && { body }),
        ...(ok[3] !== undefined && { target: ok[3] }),
        ...(then && { next: Number(then[1]) }),
      },
    }),
    mayClose: /\bclose\b/.test(want) && !/and close/.test(want),
    mayWait: /\bwait\b/.test(want),
    mustAbort: want.startsWith('abort'),
    ...(fieldX !== undefined && { fieldX: /^(?:[0-9a-f]{2})+$/.test(fieldX) ? Buffer.from(fieldX, 'hex').toString('latin1') : fieldX }),
  }
}

export function readAnswerExpectation(want: string): AnswerExpectation {
  const ok = /\bok\b(?: (hi|empty)\b)?/.exec(want)
  const codes = codesIn(want)
  const passed = codes.filter((code) => code < 400)
  const body = ok?.[1] === 'empty' || /without body/.test(want) ? '' : ok?.[1]
  return {
    refusals: codes.filter((code) => code >= 500),
    ...((ok !== null || passed.length > 0) && { ok: { status: passed[0] ?? 200, ...(body !== undefined && { body }) } }),
    mayCut: /\bcut\b/.test(want),
    ...(/\bnoreuse\b/.test(want) ? { reuse: false } : /\breuse\b/.test(want) ? { reuse: true } : {}),
  }
}
