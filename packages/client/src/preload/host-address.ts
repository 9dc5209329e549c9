/** The mesh address that stands for the machine's real 127.0.0.1: the last usable one of 127.x.0.0/16, never given to a Pod or Service. */
export function hostAddress(podIp: string): string {
  return `${podIp.split('.').slice(0, 2).join('.')}.255.254`
}
