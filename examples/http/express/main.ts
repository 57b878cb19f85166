import { start } from '../start'
import { listenWithExpress } from './server'

start(listenWithExpress).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
