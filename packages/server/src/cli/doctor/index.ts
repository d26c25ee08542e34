export type { DoctorDeps } from './contract.ts'
export { doctorCommand } from './doctor-command.ts'
