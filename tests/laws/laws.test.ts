import { eventCodec } from 'reprise/codec'
import * as reprise from 'reprise/algebra'
import { codecLaws } from './statements/codecs'
import { combineLaws } from './statements/combine'
import { driveLaws } from './statements/drive'
import { interpretationLaws } from './statements/interpretations'
import { manyByLaws, manyLaws } from './statements/many'
import { mapLaws } from './statements/maps'
import { processLaws } from './statements/processes'
import { terminalLaws } from './statements/terminal'
import { viewLaws } from './statements/views'
import { describeLaws } from './support/law'

describeLaws('the maps of a decider', mapLaws(reprise))
describeLaws('combine', combineLaws(reprise.combine))
describeLaws('many', manyLaws(reprise.many))
describeLaws('manyBy', manyByLaws(reprise.manyBy))
describeLaws('views', viewLaws(reprise))
describeLaws('processes', processLaws(reprise))
describeLaws('process ⊗ decider', driveLaws(reprise.drive))
describeLaws('the interpretations of a decider', interpretationLaws(reprise))
describeLaws('terminality', terminalLaws(reprise))
describeLaws('codecs', codecLaws({ ...reprise, eventCodec }))
