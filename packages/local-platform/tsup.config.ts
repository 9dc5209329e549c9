import { library } from '../../tsup.base.ts'

/** The stand-ins for sample images are programs of their own. */
const standIns = ['helloworld', 'httpbin', 'tcp-echo', 'client']

export default library({
  index: 'src/index.ts',
  ...Object.fromEntries(standIns.map((name) => [`images/${name}`, `src/images/${name}.ts`])),
})
