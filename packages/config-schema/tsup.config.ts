import { library } from '../../tsup.base.ts'

export default library([
  'src/index.ts',
  'src/zod.ts',
  'src/rules.ts',
  'src/gateway-api.ts',
  'src/analysis.ts',
  'src/fields.ts',
  'src/analysis-codes.ts',
  'src/entries/*.ts',
])
