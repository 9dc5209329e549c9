/** Where the authority's state lives. One authority uses a store at a time; the store enforces it. */

export interface CaStore {
  /**
   * Takes the store and reads it. Undefined when nothing was ever saved; anything else that cannot be read is an error, never
   * undefined.
   * @throws HeddleError `HEDDLE_CA_STATE_LOCKED`, `HEDDLE_CA_STATE_UNSAFE`, `HEDDLE_CA_STATE_UNREADABLE`
   */
  open(): Promise<Uint8Array | undefined>
  /**
   * Replaces the state; when it resolves, the new state survives a power cut, and when it rejects, the old one stands.
   * @throws HeddleError `HEDDLE_CA_STATE_WRITE_FAILED`
   */
  save(state: Uint8Array): Promise<void>
  /** Gives the store back; harmless when it is not open. */
  close(): Promise<void>
}
