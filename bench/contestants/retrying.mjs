/** Sends a command again for as long as somebody else wrote first, at once, and counts how often. */
export const retrying = (isConflict) => {
  let conflicts = 0
  const send = async (attempt) => {
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (!isConflict(error)) throw error
        conflicts++
      }
    }
  }
  return { send, conflicts: () => conflicts }
}
