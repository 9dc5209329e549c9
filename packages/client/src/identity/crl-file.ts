/** A file of revocation lists (PEM) that somebody else mounts and replaces, such as Istio's `ca-crl.pem`. */
import { messageOf } from '@heddle/base'
import { followFiles, type FollowedFiles, type FollowedFilesDeps } from '@heddle/base/node'
import { parseCrlPem } from '@heddle/x509'

/**
 * Follows the file, looked at once a second. Lists that cannot be read, or that `take` throws at, leave those before them in force and
 * are logged; a file that is taken away, or emptied, takes its lists along, with a warning.
 * @param take called at first, and after each change; with no list in it when there is no file.
 */
export function followCrlFile(path: string, take: (crlPem: string) => void, deps: FollowedFilesDeps): FollowedFiles {
  const { logger } = deps
  let inForce: string | undefined
  let lists = 0
  const refuse = (reason: string): void => {
    const instead = inForce === undefined ? 'none are in force, and what they revoke is believed' : 'the last ones hold'
    logger.error(`the revocation lists cannot be used; ${instead}`, { file: path, reason })
  }
  const read = ([text = '']: readonly (string | undefined)[]): void => {
    if (text === inForce) return
    const parsed = parseCrlPem(text)
    if (!parsed.ok) return refuse(parsed.reason)
    try {
      take(text)
    } catch (error) {
      return refuse(messageOf(error))
    }
    if (parsed.crls.length > 0) logger.info('revocation lists are in force', { file: path, lists: parsed.crls.length })
    else if (lists > 0) logger.warn('revocation lists were taken away: what they revoked is believed again', { file: path, lists })
    inForce = text
    lists = parsed.crls.length
  }
  return followFiles([path], read, deps)
}
