import { library } from '../../tsup.base.ts'

export default library(['src/index.ts'], {
  // Names stay, so that stack traces can be read.
  minifyWhitespace: true,
  minifySyntax: true,
})
