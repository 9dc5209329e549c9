import { library } from '../../tsup.base.ts'

// Who installs this package needs no other of ours: the few functions of base come along, from source.
export default library(
  [
    'src/index.ts',
    'src/zod.ts',
    'src/rules.ts',
    'src/gateway-api.ts',
    'src/analysis.ts',
    'src/fields.ts',
    'src/analysis-codes.ts',
    'src/entries/*.ts',
  ],
  {
    noExternal: ['@heddle/base'],
    esbuildOptions: (options: { conditions?: string[] }) => {
      options.conditions = ['@heddle/source']
    },
  },
)
