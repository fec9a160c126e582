import { count } from '../lib/metrics.ts';
import { SECOND } from '../lib/time.ts';

/** How long a session waits for D1, as requests do; and what has no session, as jobs do: longer than D1 lets a query run. */
const PATIENCE = 5 * SECOND;
const JOB_PATIENCE = 35 * SECOND;
/** After D1 has not answered, sessions wait no longer than this for so long: then one finds out whether it is back. */
const IMPATIENCE = SECOND / 2;
const SILENCE = 10 * SECOND;
/** What has come while the isolate was busy is taken before a call is given up. */
const GRACE = 50;

const known = new WeakMap<D1Database, D1Database>();
/** What stands behind a statement: one that was prepared in a session may be in the batch of another. */
const originals = new WeakMap<object, D1PreparedStatement>();

/**
 * The same database, but every call ends: one that D1 does not answer fails as one does that D1 cannot answer. Whether it
 * has written is unknown then.
 */
export function boundedD1(d1: D1Database): D1Database {
  const bounded = known.get(d1) ?? wrapped(d1);
  known.set(d1, bounded);
  return bounded;
}

type Within = <Result>(call: () => Promise<Result>) => Promise<Result>;

function wrapped(d1: D1Database): D1Database {
  let silentUntil = 0;
  const inSession: Within = async (call) => {
    const isSilent = Date.now() < silentUntil;
    const result = await answered(call, isSilent ? IMPATIENCE : PATIENCE, () => {
      if (!isSilent) silentUntil = Date.now() + SILENCE;
    });
    silentUntil = 0;
    return result;
  };
  const inJob: Within = (call) => answered(call, JOB_PATIENCE, () => {});
  return {
    ...callsOf(d1, inJob),
    withSession: (from?: D1SessionBookmark | D1SessionConstraint) => {
      const session = d1.withSession(from);
      return { ...callsOf(session, inSession), getBookmark: () => session.getBookmark() };
    },
  } as unknown as D1Database;
}

function callsOf(d1: D1Database | D1DatabaseSession, within: Within) {
  const statement = (original: D1PreparedStatement): D1PreparedStatement => {
    const bounded = {
      bind: (...values: unknown[]) => statement(original.bind(...values)),
      all: () => within(() => original.all()),
      run: () => within(() => original.run()),
      first: (column?: string) =>
        within(() => (column === undefined ? original.first() : original.first(column))),
      raw: (options?: { columnNames?: false }) => within(() => original.raw(options)),
    } as unknown as D1PreparedStatement;
    originals.set(bounded, original);
    return bounded;
  };
  return {
    prepare: (sql: string) => statement(d1.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      within(() => d1.batch(statements.map((one) => originals.get(one) ?? one))),
  };
}

function answered<Result>(
  call: () => Promise<Result>,
  milliseconds: number,
  onSilence: () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      onSilence();
      count('d1_errors', {});
      reject(new Error(`D1_SILENT: no answer within ${milliseconds} ms`));
    };
    let timer = setTimeout(() => {
      timer = setTimeout(giveUp, GRACE);
    }, milliseconds);
    call()
      .then(resolve, (error) => {
        // What breaks a constraint is an answer.
        if (!/constraint/i.test(String(error))) count('d1_errors', {});
        reject(error);
      })
      .finally(() => clearTimeout(timer));
  });
}
