/**
 * How often the verified peers of live connections are looked at again: one that is no longer trusted (its certificate has
 * ended, its root was taken away) loses the connection after the answer that is on its way, and a minute later for good. One that
 * is denied loses it at once.
 */
export const peerCheckMs = 2_000
export const peerGraceMs = 60_000
