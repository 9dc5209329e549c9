import { library } from '../../tsup.base.ts'

export default library(['src/index.ts', 'src/simulate.ts', 'src/testing.ts'])
