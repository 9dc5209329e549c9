/** Where the authority's state lives. A store of one process locks; a store that replicas share refuses to overwrite what it has not read. */

export interface CaStore {
  /**
   * Takes the store and reads it. Undefined when nothing was ever saved; anything else that cannot be read is an error, never
   * undefined.
   * @throws HeddleError `HEDDLE_CA_STATE_LOCKED`, `HEDDLE_CA_STATE_UNSAFE`, `HEDDLE_CA_STATE_UNREADABLE`
   */
  open(): Promise<Uint8Array | undefined>
  /**
   * Replaces the state; when it resolves, the new state survives a power cut, and when it rejects, the old one stands.
   * @throws HeddleError `HEDDLE_CA_STATE_WRITE_FAILED`; `HEDDLE_CA_STATE_CONFLICT` when another authority saved since this one read:
   * the authority then reads again and adopts that state
   */
  save(state: Uint8Array): Promise<void>
  /** Reads what is saved now, for stores that several authorities share. Default: nobody else writes. */
  reload?(): Promise<Uint8Array | undefined>
  /** Gives the store back; harmless when it is not open. */
  close(): Promise<void>
}
