// Learns from the Hillstrom file and plans its customers again:
//   npm run example:hillstrom -- FILE --limit email=20000 --out plan.csv
import { campaignCommand, runCommand } from '@paloma/server'
import mapping from './campaign.config.ts'

process.exitCode = await runCommand(campaignCommand({ name: 'example:hillstrom', mapping }), process.argv.slice(2))
