/**
 * The read buffer that all sockets of the process share. Handlers use or copy bytes within the call, so one buffer is
 * enough; 256 KiB halves the cost a byte of bulk transfers.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(262_144)
