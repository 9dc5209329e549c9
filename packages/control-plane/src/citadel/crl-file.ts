/** The revocation lists beside a plugged-in authority (`ca-crl.pem` of Istio's `cacerts`), which change while everything runs. */
import { type Clock, type Logger, messageOf } from '@heddle/base'
import { followFile, type FollowedFile } from '@heddle/base/node'
import type { Ca } from '@heddle/ca'

export const crlFileName = 'ca-crl.pem'

/** Lists that cannot be read leave those before them in force; a file that is taken away takes its lists along. */
export function followCrlFile(
  path: string,
  ca: Pick<Ca, 'replaceCrls'>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): FollowedFile {
  const take = (text: string = ''): void => {
    try {
      ca.replaceCrls(text)
    } catch (error) {
      logger.error('the revocation lists cannot be used; the last ones hold', { file: path, error: messageOf(error) })
    }
  }
  return followFile(path, take, clock)
}
