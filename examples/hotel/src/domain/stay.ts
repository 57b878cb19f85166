/** From the day of arrival to the day of departure: text such as `2026-11-27`, which compares as days do. */
export interface Stay {
  readonly arrival: string
  readonly departure: string
}

const DAY = 86_400_000

/** How many nights a stay has. 0 or less: the departure is not after the arrival. */
export const nightsOf = ({ arrival, departure }: Stay): number =>
  (Date.parse(departure) - Date.parse(arrival)) / DAY

/** Whether some night belongs to both stays. One may begin on the day on which the other ends. */
export const overlap = (one: Stay, other: Stay): boolean =>
  one.arrival < other.departure && other.arrival < one.departure

/** The longest stay that can be booked, in nights. */
export const LONGEST_STAY = 28

/** From so many nights on, the seventh of every week is free. */
const WEEK = 7

/** What a stay costs, in cents. */
export const priceOf = (stay: Stay, pricePerNight: number): number => {
  const nights = nightsOf(stay)
  return (nights - Math.floor(nights / WEEK)) * pricePerNight
}
