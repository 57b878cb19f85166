// Of `reprise/testing` what needs no test runner, and no files.
export { specification } from '../../src/testing/specification.ts'
