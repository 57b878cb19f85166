import { start } from '../start'
import { listenWithHono } from './server'

start(listenWithHono).catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
