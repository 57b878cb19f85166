import { fromEnd, type ProcessOptions, type Subscription } from 'reprise'

// What has effects outside the store says where it begins: no default sends every mail again.
export const chosen: ProcessOptions = { from: fromEnd }
// @ts-expect-error -- from is missing
export const silent: ProcessOptions = {}

type Mails = Pick<Subscription<unknown>, 'name' | 'from'>
export const mails: Mails = { name: 'mails', from: fromEnd }
// @ts-expect-error -- from is missing
export const silentMails: Mails = { name: 'mails' }
