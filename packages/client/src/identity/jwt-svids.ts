/** JWT-SVIDs for one workload, kept until half of their life is over: applications ask for one with every call that they make. */
import type { Clock } from '@heddle/base'
import type { TokenResponse } from '@heddle/xds'

export interface JwtSvids {
  /** @throws HEDDLE_IDENTITY_REFUSED */
  get(audiences: readonly string[]): Promise<TokenResponse>
}

interface Kept {
  readonly freshUntilMs: number
  readonly answer: Promise<TokenResponse>
}

const maxKeptTokens = 256

/** @param request asks the authority. */
export function createJwtSvids(request: (audiences: readonly string[]) => Promise<TokenResponse>, clock: Clock): JwtSvids {
  const kept = new Map<string, Kept>()
  const ask = async (key: string, audiences: readonly string[]): Promise<TokenResponse> => {
    try {
      const answer = await request(audiences)
      const nowMs = clock.now()
      kept.set(key, { freshUntilMs: nowMs + (answer.notAfterMs - nowMs) / 2, answer: Promise.resolve(answer) })
      return answer
    } catch (error) {
      kept.delete(key)
      throw error
    }
  }
  return {
    get(audiences) {
      const key = JSON.stringify(audiences)
      const known = kept.get(key)
      if (known && clock.now() < known.freshUntilMs) return known.answer
      kept.delete(key)
      if (kept.size >= maxKeptTokens) kept.delete(kept.keys().next().value as string)
      const answer = ask(key, audiences)
      // Whoever asks meanwhile waits for the same answer.
      kept.set(key, { freshUntilMs: Number.POSITIVE_INFINITY, answer })
      return answer
    },
  }
}
