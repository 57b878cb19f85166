import { start } from '../start'
import { listenWithFastify } from './server'

start(listenWithFastify).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
