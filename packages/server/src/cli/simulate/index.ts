export { calibrateCommand } from './calibrate/calibrate-command.ts'
export { simulateCommand } from './simulate-command.ts'
