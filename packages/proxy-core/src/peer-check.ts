/**
 * How often the verified peers of live connections are looked at again: one that is no longer trusted (its certificate has
 * ended, its root was taken away) loses the connection after the answer that is on its way, and the next time for good.
 */
export const peerCheckMs = 60_000
