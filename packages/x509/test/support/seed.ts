/** Property tests replay from this seed; set HEDDLE_TEST_SEED to try others. */
export const seed: number = Number(process.env['HEDDLE_TEST_SEED'] ?? 20_260_101)
process.stdout.write(`property tests use the seed ${seed}\n`)
