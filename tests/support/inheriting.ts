/** Runs `run` while every object inherits a key that loops over keys come upon. */
export const inheriting = <Result>(run: () => Result): Result => {
  const inherited = { value: () => 1, enumerable: true, configurable: true }
  Object.defineProperty(Object.prototype, 'inherited', inherited)
  try {
    return run()
  } finally {
    Reflect.deleteProperty(Object.prototype, 'inherited')
  }
}
