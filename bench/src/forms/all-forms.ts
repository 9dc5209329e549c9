/** Every benchmark, in the order in which `all` runs them. */
import type { Form } from '../form.js'
import { body } from './body.js'
import { h1Rate } from './h1-rate.js'
import { h1 } from './h1.js'
import { grpc, h2 } from './h2.js'
import { handshake } from './handshake.js'
import { memory } from './memory.js'
import { mtls } from './mtls.js'
import { tcp } from './tcp.js'

export const allForms: readonly Form[] = [h1, h1Rate, mtls, handshake, h2, grpc, tcp, body, memory]
