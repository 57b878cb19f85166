"use strict";
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __setModuleDefault = (this && this.__setModuleDefault) || (Object.create ? (function(o, v) {
    Object.defineProperty(o, "default", { enumerable: true, value: v });
}) : function(o, v) {
    o["default"] = v;
});
var __importStar = (this && this.__importStar) || (function () {
    var ownKeys = function(o) {
        ownKeys = Object.getOwnPropertyNames || function (o) {
            var ar = [];
            for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
            return ar;
        };
        return ownKeys(o);
    };
    return function (mod) {
        if (mod && mod.__esModule) return mod;
        var result = {};
        if (mod != null) for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
        __setModuleDefault(result, mod);
        return result;
    };
})();
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
/**
 * An application, as its author writes it: compiled and run by `scripts/check-consumers.mjs` as an ES module, as
 * CommonJS and in a bundle, against the packed package and each Kysely that we support.
 */
const strict_1 = __importDefault(require("node:assert/strict"));
const node_crypto_1 = require("node:crypto");
const node_test_1 = require("node:test");
const pglite_1 = require("@electric-sql/pglite");
const fast_check_1 = __importDefault(require("fast-check"));
const fp_ts_1 = require("fp-ts");
const function_js_1 = require("fp-ts/lib/function.js");
const t = __importStar(require("io-ts"));
const kysely_1 = require("kysely");
const pg_1 = require("pg");
const reprise_1 = require("reprise");
const adapter_1 = require("reprise/adapter");
const algebra_1 = require("reprise/algebra");
const memory_1 = require("reprise/memory");
const postgres_1 = require("reprise/postgres");
const testing_1 = require("reprise/testing");
const Fill = t.strict({ type: t.literal('Fill'), litres: t.number });
const Filled = t.strict({ type: t.literal('Filled'), litres: t.number });
const jug = {
    initialState: 0,
    decide: ({ litres }, full) => full + litres > 50 ? fp_ts_1.either.left('TooMuch') : fp_ts_1.either.right([{ type: 'Filled', litres }]),
    evolve: (full, { litres }) => full + litres,
};
const fillings = (0, reprise_1.eventCodec)({ Filled: (0, reprise_1.eventType)(Filled) });
const jugs = {
    name: 'jug',
    decider: jug,
    commands: (0, reprise_1.commandCodec)({ Fill }),
    events: fillings,
};
const levels = {
    name: 'levels',
    version: 1,
    events: fillings,
    key: ({ streamId }) => streamId,
    view: jug,
    state: (0, reprise_1.stateCodec)(1, t.number),
};
// The transaction is the application's own Kysely, with the application's tables.
const poured = (0, reprise_1.inlineProjection)({
    name: 'poured',
    events: fillings,
    project: ({ id, event }, transaction) => fp_ts_1.taskEither.tryCatch(async () => {
        await transaction.insertInto('poured').values({ id, litres: event.litres }).execute();
    }, (cause) => cause),
});
const fill = (litres) => ({ type: 'Fill', litres });
void (0, node_test_1.test)('stores, projects, reads and joins a transaction on PGlite', async () => {
    const pglite = new pglite_1.PGlite();
    const backend = (0, postgres_1.postgres)(pglite, {
        inline: [(0, reprise_1.inlineDocuments)(levels), poured],
    });
    strict_1.default.ok(fp_ts_1.either.isRight(await backend.migrate()));
    const db = backend.db;
    await (0, kysely_1.sql) `create table poured (id text, litres integer)`.execute(db);
    const open = (0, reprise_1.openCategory)(jugs, backend);
    const filled = await open.handleCommand('A', fill(20))();
    strict_1.default.ok(fp_ts_1.either.isRight(filled), JSON.stringify(filled));
    const level = await (0, reprise_1.projectionReader)(levels)(backend).get('jug-A')();
    strict_1.default.deepEqual(level, fp_ts_1.either.right(20));
    const rows = await db.selectFrom('poured').select('litres').execute();
    strict_1.default.deepEqual(rows, [{ litres: 20 }]);
    // In the application's own transaction.
    const own = (0, postgres_1.connectPglite)(pglite);
    const { store } = (0, postgres_1.postgres)(own);
    const events = [
        { id: (0, node_crypto_1.randomUUID)(), type: 'Filled', schemaVersion: 1, data: { litres: 1 }, metadata: {} },
    ];
    await own.transaction().execute(async (transaction) => {
        await transaction.insertInto('poured').values({ id: '1', litres: 1 }).execute();
        const appended = await store
            .inTransaction(transaction)
            .append({ streamId: 'jug-1', expectedVersion: 'mustNotExist', events, commands: [] })();
        strict_1.default.ok(fp_ts_1.either.isRight(appended));
    });
    await backend.close();
    await pglite.close();
});
void (0, node_test_1.test)('takes a pool, which it does not connect before it is used', async () => {
    const pool = new pg_1.Pool({ host: '127.0.0.1', port: 1 });
    const db = (0, postgres_1.connectPool)(pool);
    const backend = (0, postgres_1.postgres)(db, { wakeUps: 'poll' });
    const store = backend.store;
    strict_1.default.equal(typeof store.append, 'function');
    await backend.close();
    await db.destroy();
});
void (0, node_test_1.test)('decides in memory, is checked, and composes', async () => {
    const { given } = (0, testing_1.specification)(jug);
    given({ type: 'Filled', litres: 45 }).when(fill(6)).thenRejects('TooMuch');
    const commands = fast_check_1.default.record({ type: fast_check_1.default.constant('Fill'), litres: fast_check_1.default.nat(20) });
    const { results } = (0, testing_1.checkDecider)({ decider: jug, commands, runs: 20 });
    strict_1.default.ok(results.length > 0);
    const perName = (0, function_js_1.pipe)(jug, algebra_1.many);
    strict_1.default.deepEqual(Object.keys(perName.initialState), []);
    const refused = await (0, reprise_1.openCategory)(jugs, (0, memory_1.memory)()).handleCommand('A', fill(51))();
    strict_1.default.ok(fp_ts_1.either.isLeft(refused) && refused.left._tag === 'Rejected');
    strict_1.default.equal((0, adapter_1.storeFailed)('ConnectionLost', 'unknown', new Error('gone'))._tag, 'StoreFailed');
});
