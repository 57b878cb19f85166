/** What is wrong with an archive as a whole. */
export type ArchiveProblem =
  /** Its first line is not the header of an archive. */
  | 'NotAnArchive'
  /** It was made by a later release, in a format that this one does not know. */
  | 'NewerFormat'
  /** It has no last line: the export did not end, or the file was cut off. */
  | 'Truncated'
  /** Its bytes are not those that were exported. */
  | 'ChecksumWrong'
  /** Its bytes are not UTF-8. */
  | 'NotUtf8'
  /** It is of another store, or of another history of it: what was exported so far does not belong to what would follow. */
  | 'OtherStore'

/** The archive cannot be imported, or continued. Nothing was written. */
export interface ArchiveRejected {
  readonly _tag: 'ArchiveRejected'
  readonly reason: ArchiveProblem
  readonly message: string
}

const texts: Readonly<Record<ArchiveProblem, string>> = {
  NotAnArchive: 'its first line is not the header of an archive of Reprise',
  NewerFormat: 'it was made by a later release, in a format that this one does not know',
  Truncated: 'its last line is missing, so the export did not end or the file was cut off',
  ChecksumWrong: 'its checksum is wrong, so its content was changed after the export',
  NotUtf8: 'it is not encoded in UTF-8',
  OtherStore: 'it was begun from another store, or before this one was restored',
}

/**
 * The error {@link ArchiveRejected}.
 *
 * @example
 * archiveRejected('Truncated').message
 */
export const archiveRejected = (reason: ArchiveProblem): ArchiveRejected => ({
  _tag: 'ArchiveRejected',
  reason,
  message: `The archive is refused: ${texts[reason]}. Nothing was written.`,
})

/** Another process imports the same archive at this moment, or was faster. Nothing was written by this one since. */
export interface ImportOvertaken {
  readonly _tag: 'ImportOvertaken'
  /** The SHA-256 of the archive, in hexadecimal digits. */
  readonly archive: string
  readonly message: string
}

/**
 * The error {@link ImportOvertaken}.
 *
 * @example
 * importOvertaken('9f86d0')._tag // 'ImportOvertaken'
 */
export const importOvertaken = (archive: string): ImportOvertaken => ({
  _tag: 'ImportOvertaken',
  archive,
  message: 'Another process imports this archive. What it has stored is complete up to there.',
})
