import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/** Mounts a small disk on a folder, where that is allowed. @param megabytes - its size. */
export const mountDisk = (folder: string, megabytes: number): boolean => {
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]
    execFileSync('mount', options, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const unmountDisk = (folder: string): void => {
  execFileSync('umount', [folder], { stdio: 'ignore' })
}

/** Fills what is left of a disk with one file: in large pieces first, then in small ones. */
export const fillDisk = (file: string): void => {
  for (const size of [1 << 20, 4_096, 1]) {
    const piece = Buffer.alloc(size)
    for (let isFull = false; !isFull;) {
      try {
        writeFileSync(file, piece, { flag: 'a' })
      } catch {
        isFull = true
      }
    }
  }
}

/** Gives a small disk another size, in megabytes; what is on it stays. */
export const growDisk = (folder: string, megabytes: number): void => {
  execFileSync('mount', ['-o', `remount,size=${megabytes}m`, folder], { stdio: 'ignore' })
}
