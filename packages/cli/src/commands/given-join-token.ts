/** A join token as a command line gives it: from a file, from standard input, or as a word that others can see. */
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HeddleError } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { unreadableFile } from '../command/file-fault.js'
import { usageError } from '../command/parse.js'

const pattern = /^heddle-join-[A-Za-z0-9_-]{43}$/
/** More than any token with the line's end. */
const maxTokenBytes = 1024

/** @returns undefined when none is given. @throws HEDDLE_CLI_USAGE, HEDDLE_CLI_FILE, HEDDLE_CLI_BAD_DATA */
export async function givenJoinToken(invocation: Invocation): Promise<string | undefined> {
  const { flags } = invocation
  const [word, file] = [flags.string('join-token'), flags.string('join-token-file')]
  if (word !== undefined && file !== undefined) throw usageError('--join-token and --join-token-file give the same thing: say one of them')
  if (file !== undefined) return sound(await readStart(resolve(invocation.cwd, file), file), file)
  if (word === '-') return sound(await readStandardInput(invocation), 'standard input')
  return word === undefined ? undefined : sound(word, '--join-token')
}

async function readStart(path: string, name: string): Promise<string> {
  const handle = await open(path).catch((cause: unknown) => {
    throw unreadableFile(name, cause)
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxTokenBytes), 0, maxTokenBytes)
    return buffer.toString('latin1', 0, bytesRead)
  } catch (cause) {
    throw unreadableFile(name, cause)
  } finally {
    await handle.close()
  }
}

async function readStandardInput({ streams }: Invocation): Promise<string> {
  let text = ''
  for await (const chunk of streams.stdin) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > maxTokenBytes) break
  }
  if (text.trim() !== '') return text
  throw notAToken('nothing came on standard input', 'Did the command before it fail?')
}

function sound(text: string, from: string): string {
  const token = text.trim()
  if (pattern.test(token)) return token
  throw notAToken(
    `what ${from} gives is no join token: those begin with "heddle-join-"`,
    'Make one with "heddle ca token create --identity NAMESPACE/ACCOUNT".',
  )
}

function notAToken(message: string, hint: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_BAD_DATA', message, hint, origin: 'user' })
}
