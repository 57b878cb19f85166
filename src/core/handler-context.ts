/** What a handler receives besides its event. */
export interface HandlerContext {
  /**
   * Aborted when the handler is abandoned: it has timed out (`handlerTimeout`), its instance must stop
   * (`stopTimeout`), or another instance owns the partition. Pass it on to `load` and the like.
   */
  readonly signal: AbortSignal
}
