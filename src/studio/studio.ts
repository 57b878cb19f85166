// What the command line loads when the studio is started, and not before.
export { startStudio } from './listen'
export { DEFAULT_MASK, maskOf } from './masking'
