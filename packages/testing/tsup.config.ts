import { library } from '../../tsup.base.ts'

/** The echo program is started as a process, so it is a file of its own beside the library. */
export default library({ index: 'src/index.ts', 'echo-program': 'src/echo/program.ts' })
