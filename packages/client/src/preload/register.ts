/**
 * The preload of applications in a local Pod: `NODE_OPTIONS=--require /path/to/register.cjs`. It does to one Node
 * process what Istio's iptables rules and DNS proxy do to a network namespace: mesh names resolve to virtual IPs,
 * outbound connections enter the sidecar, and listening sockets move to the Pod's own addresses. In a process whose
 * environment lacks `HEDDLE_POD_ROOT` it changes nothing. UDP is not covered.
 */
import { readPodContract } from '../names/pod-contract.js'
import { install } from './install.js'

const contract = readPodContract(process.env)
if (contract) install(contract)
