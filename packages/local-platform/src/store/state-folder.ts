/**
 * The platform's state folder: made on first use (0700, it holds keys), refused when it is no folder, when a newer version
 * wrote it, or while another platform uses it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import { makeFolder, writeDurably } from '@heddle/base/node'
import { lockState } from './state-lock.js'

/** Raised when the layout of the folder or of its records changes in a way that older versions would misread. */
export const stateVersion = 1

export interface StateFolder {
  readonly path: string
  release(): void
}

/** @throws HEDDLE_STATE_UNUSABLE, HEDDLE_STATE_NEWER, HEDDLE_STATE_IN_USE. */
export function openStateFolder(path: string): StateFolder {
  prepare(path)
  checkVersion(path)
  return { path, release: lockState(path) }
}

function prepare(path: string): void {
  try {
    makeFolder(path)
    writeFileSync(join(path, '.write-test'), '')
    rmSync(join(path, '.write-test'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'a file stands in its place' : messageOf(error)
    throw new HeddleError({
      code: 'HEDDLE_STATE_UNUSABLE',
      message: `the state folder ${path} cannot be used: ${reason}`,
      origin: 'user',
      hint: 'Choose another folder with `--state DIR` or HEDDLE_STATE.',
      cause: error,
    })
  }
}

function checkVersion(path: string): void {
  const file = join(path, 'state.json')
  const found = readJson(file)
  if (found === undefined) return writeDurably(file, `${JSON.stringify({ version: stateVersion })}\n`)
  const version = found['version']
  if (typeof version !== 'number')
    throw new HeddleError({
      code: 'HEDDLE_STORE_CORRUPT',
      message: `${file} is damaged: it holds no version number`,
      hint: `Write {"version":${stateVersion}} into it.`,
    })
  if (version <= stateVersion) return
  throw new HeddleError({
    code: 'HEDDLE_STATE_NEWER',
    message: `the state folder ${path} was written by a newer version of Heddle (state version ${version}, this one reads up to ${stateVersion})`,
    origin: 'user',
    hint: 'Run the newer version, or choose another folder with `--state DIR`.',
  })
}

function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : {}
  }
}
