import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  type ChainHead,
  chainLine,
  type FoundLine,
  GENESIS,
  readLine,
  verifyChain,
} from '../../src/lib/audit-chain.ts';

function chain(count: number): string[] {
  let head: ChainHead = { seq: 0, hash: GENESIS };
  return Array.from({ length: count }, (_, n) => {
    const next = chainLine(head, JSON.stringify({ log: 'audit', n, text: '"seq":1,"prev":"x","hash":"y"}' }));
    head = next;
    return next.line;
  });
}
const read = (lines: string[]) => lines.map((line) => readLine(line) as FoundLine);
const faultOf = (lines: string[]) => verifyChain(read(lines)).fault;
const LINES = chain(6);

it('is whole as it was written, and each line is JSON', () => {
  expect(verifyChain(read(LINES))).toEqual({
    head: { seq: 6, hash: JSON.parse(LINES[5] as string).hash },
    fault: null,
  });
  // What other programs do to check a line.
  const [said, hash] = (LINES[3] as string).split(/,"hash":"(?=[0-9a-f]{64}"}$)/) as [string, string];
  expect(createHash('sha256').update(said).digest('hex')).toBe(hash.slice(0, 64));
});

it('shows what was left out, cut out, changed, put in, and moved', () => {
  expect(faultOf(LINES.filter((_, n) => n !== 2))).toBe('Entry 3 is missing.');
  expect(faultOf(LINES.slice(2))).toBe('The entries 1 to 2 are missing.');
  expect(faultOf(LINES.with(3, (LINES[3] as string).replace('"n":3', '"n":4')))).toMatch(
    /^Entry 4 was changed/,
  );
  const other = chainLine({ seq: 3, hash: JSON.parse(LINES[1] as string).hash }, '{"forged":true}').line;
  expect(faultOf(LINES.with(3, other))).toMatch(/^Entry 4 does not follow entry 3/);
  const replaced = chainLine({ seq: 3, hash: JSON.parse(LINES[2] as string).hash }, '{"forged":true}').line;
  expect(faultOf(LINES.with(3, replaced))).toMatch(/^Entry 5 does not follow entry 4/);
  expect(faultOf([...LINES.slice(0, 4), replaced, ...LINES.slice(4)])).toMatch(/^Entry 4 is there twice/);
});

it('takes the same line twice, and lines that a log has put its own fields before', () => {
  expect(faultOf(LINES.flatMap((line) => [line, line]))).toBeNull();
  expect(faultOf(LINES.map((line) => `{"@timestamp":"now","service":"x",${line.slice(1)}`))).toBeNull();
  expect(faultOf(LINES.map((line) => `<134>1 now host app - audit - \uFEFF${line}`))).toBeNull();
  expect(readLine('{"seq":1}')).toBeNull();
});
