export default {
  name: 'Reprise',
  kind: 'ours',
  offers: [],
  broken: 'not there yet',
}
