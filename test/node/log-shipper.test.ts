import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/lib/log.ts';
import { LogShipper } from '../../src/logs/shipper.ts';
import { LogRefusal } from '../../src/logs/transport.ts';

const START = 1_800_000_000_000;

/** A shipper whose destination answers in order, and what came of it. Nothing waits: time is not what is tested. */
function started(answers: (Error | 'hang' | null)[] = []) {
  const sent: LogLine[][] = [];
  const told: string[] = [];
  const waits: number[] = [];
  let work: Promise<void> = Promise.resolve();
  const shipper = new LogShipper({
    async send(lines) {
      const answer = answers.shift();
      if (answer === 'hang') return new Promise(() => {});
      if (answer) throw answer;
      sent.push([...lines]);
    },
    keep: (promise) => {
      work = promise;
    },
    wait: async (ms) => {
      waits.push(ms);
    },
    tell: (message) => told.push(message),
  });
  const write = (count: number, at = START, text = '') => {
    for (let n = 0; n < count; n += 1) {
      shipper.take({ at, level: 'info', event: 'e', json: JSON.stringify({ n, text }) });
    }
  };
  return { write, sent, told, waits, done: () => work };
}
const numbers = (lines: LogLine[]) => lines.map(({ json }) => JSON.parse(json).n);

describe('the shipper of the log', () => {
  it('gathers lines for a second and sends them in order', async () => {
    const { write, sent, waits, done } = started();
    write(3);
    await done();
    expect(waits).toEqual([1000]);
    expect(sent.map(numbers)).toEqual([[0, 1, 2]]);
  });

  it('sends what comes meanwhile a second later, not line by line, in the calls of one request', async () => {
    const happened: string[] = [];
    let work: Promise<void> = Promise.resolve();
    let left = 5;
    const shipper = new LogShipper({
      send: async (lines) => {
        happened.push(`sent ${lines.length}`);
        left -= 1;
        if (left > 0) shipper.take({ at: Date.now(), level: 'info', event: 'e', json: '{}' });
      },
      keep: (promise) => {
        work = promise;
      },
      wait: async (ms) => void happened.push(`waited ${ms}`),
      tell: () => {},
    });
    shipper.take({ at: Date.now(), level: 'info', event: 'e', json: '{}' });
    await work;
    expect(happened).toEqual(Array(5).fill(['waited 1000', 'sent 1']).flat());
  });

  it('sends much in pieces, and all of it', async () => {
    const { write, sent, done } = started();
    write(1_200);
    await done();
    expect(sent.map(({ length }) => length)).toEqual([500, 500, 200]);
    const long = started();
    long.write(3, START, 'x'.repeat(300_000));
    await long.done();
    expect(long.sent.map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('tries again, longer each time, and says once that it fails', async () => {
    const { write, sent, told, waits, done } = started([new Error('refused'), new Error('refused'), null]);
    write(2);
    await done();
    expect(sent.map(numbers)).toEqual([[0, 1]]);
    expect(told).toEqual(["The log's destination does not take it: refused"]);
    expect(waits).toHaveLength(3);
    expect(waits[2] as number).toBeGreaterThan(waits[1] as number);
  });

  it('leaves the rest to a later line when it has failed for long', async () => {
    const failing = Array.from({ length: 20 }, () => new Error('refused'));
    const { write, sent, waits, done } = started(failing);
    write(1);
    await done();
    expect(sent).toEqual([]);
    expect(waits.every((ms) => ms <= 20_000)).toBe(true);
    // Too early.
    write(1, Date.now());
    await done();
    expect(sent).toEqual([]);
    failing.length = 0;
    write(1, Date.now() + 60_000);
    await done();
    expect(sent.flat()).toHaveLength(3);
  });

  it('gives up what hangs, and sends it again', async () => {
    const { write, sent, done } = started(['hang']);
    write(1);
    await done();
    expect(sent.flat()).toHaveLength(1);
  }, 20_000);

  it('keeps the newest lines, up to a bound, and says how many are gone', async () => {
    const { write, sent, done } = started();
    write(5_100);
    await done();
    const all = sent.flat();
    expect(all).toHaveLength(5_001);
    expect(JSON.parse(all[0]?.json as string)).toEqual({
      level: 'warn',
      event: 'log_lines_dropped',
      lines: 100,
    });
    expect(numbers(all.slice(1, 2))).toEqual([100]);
    const big = started();
    big.write(30, START, 'x'.repeat(100_000));
    await big.done();
    expect(JSON.parse(big.sent[0]?.[0]?.json as string).lines).toBe(11);
  });

  it('drops what will never be taken, and counts it', async () => {
    const { write, sent, told, done } = started([new LogRefusal('HTTP 400', true)]);
    write(2);
    await done();
    expect(sent).toEqual([]);
    expect(told).toEqual(["The log's destination refused 2 lines for good: HTTP 400"]);
    write(1);
    await done();
    expect(sent[0]?.map(({ event }) => event)).toEqual(['log_lines_dropped', 'e']);
  });

  it('is taken over from a request that was ended in the middle', async () => {
    const sent: LogLine[] = [];
    const ended: Promise<void>[] = [];
    let isOver = false;
    const shipper = new LogShipper({
      send: async (lines) => void sent.push(...lines),
      keep: (work) => void ended.push(work),
      wait: () => (isOver ? Promise.resolve() : new Promise(() => {})),
      tell: () => {},
    });
    const line = (at: number) => ({ at, level: 'info' as const, event: 'e', json: '{}' });
    shipper.take(line(START));
    shipper.take(line(START + 30_000));
    expect(ended).toHaveLength(1);
    isOver = true;
    shipper.take(line(START + 36_000));
    await ended[1];
    expect(sent).toHaveLength(3);
  });

  it('takes lines that are written where no request is along with the next', async () => {
    let isRequest = false;
    const sent: LogLine[] = [];
    let work: Promise<void> = Promise.resolve();
    const shipper = new LogShipper({
      send: async (lines) => void sent.push(...lines),
      keep: (promise) => {
        if (!isRequest) throw new Error('no request');
        work = promise;
      },
      wait: async () => {},
      tell: () => {},
    });
    const line = { at: START, level: 'info' as const, event: 'e', json: '{}' };
    shipper.take({ ...line });
    isRequest = true;
    shipper.take({ ...line });
    await work;
    expect(sent).toHaveLength(2);
  });
});
