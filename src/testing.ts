export {
  type ArbitrariesByName,
  arbitraryFromCodec,
  type Guard,
} from './testing/arbitrary-from-codec'
export { assertEventShapes, checkEventShapes, recordEventShapes } from './testing/event-shape-gate'
export { type EventShapes, type ShapeReport } from './testing/event-shapes'
export { checkDecider } from './testing/laws/check-decider'
export { type DeciderCheck, type DeciderCodecs } from './testing/laws/decider-check'
export {
  assertLaws,
  brokenLaws,
  describeLawReport,
  type LawBroken,
  type LawHeld,
  type LawNotChecked,
  type LawReport,
  type LawResult,
} from './testing/laws/report'
