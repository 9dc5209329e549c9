/** The first steps of a request meet most of what embedders give to the engine; what throws there costs the request a 500. */
interface Startable {
  start(): void
  fail(error: unknown): void
}

export function startGuarded(exchange: Startable): void {
  try {
    exchange.start()
  } catch (error) {
    exchange.fail(error)
  }
}
