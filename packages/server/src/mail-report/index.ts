export { interpretMailReport, type MailReport, type OriginalMessage } from './interpret-mail-report.ts'
