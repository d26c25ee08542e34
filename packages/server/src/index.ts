export { campaignCommand } from './cli/commands/plan.ts'
export { runCommand } from './cli/print/index.ts'
export * from './cli/table/index.ts'
export * from './usecases/campaign/index.ts'
