import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIL } from '../../src/messages/mail-registry.ts';
import { TEXTS } from '../../src/messages/text-registry.ts';
import { COMPOSITION, LINES } from '../support/import-rules.ts';

const ROOT = join(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

const FEATURES = [...(LINES[5] as string[]), ...(LINES[6] as string[])];
/** What a feature shows of itself. */
const PUBLIC_FILES = /\/((\w+-)*(service|schemas|tables))\.ts$/;
/** What the account object shows of itself: what can be asked of it, and the form of the tokens and codes that name it. */
const ACCOUNT_CONTRACT =
  /^account\/((metering-|history-|grant-|copy-|key-|sharing-|caps-)?contract|refresh-token|code-text)\.ts$/;
/** What the object of an organization shows of itself, and who asks objects for whoever pays. It is made of the books of the account. */
const WALLET_CONTRACT = /^wallet\/((spending-)?contract|payers)\.ts$/;
/** The Worker never loads what runs in Node. */
const NODE_ONLY = 'cli';

interface Import {
  from: string;
  to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  .sort();

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  const named = [
    ...text.matchAll(/^(?:import|export)\s+[^'"]*?from\s+'(\.[^']+)'|^(?! \*).*\bimport\('(\.[^']+)'\)/gm),
  ];
  return named.map(([, one, another]) => ({
    from,
    to: relative(SRC, join(SRC, dirname(from), (one ?? another) as string)),
  }));
});

const room = (file: string) => file.split('/')[0]?.replace(/\.tsx?$/, '') as string;

const lineOf = (name: string) => LINES.findIndex((line) => line.includes(name));

/** Imports from one room into another. */
const crossing = imports.filter(
  ({ from, to }) => !to.startsWith('..') && room(from) !== room(to) && !COMPOSITION.includes(room(from)),
);

/** The circles in a graph, each as the names that it goes through. */
function cyclesOf(edges: Import[]): string[][] {
  const graph = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (name: string, path: string[]) => {
    if (path.includes(name)) cycles.push([...path.slice(path.indexOf(name)), name]);
    if (path.includes(name) || done.has(name)) return;
    for (const { to } of graph.get(name) ?? []) visit(to, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return cycles;
}

describe('the house', () => {
  it('has no room that the lines do not know', () => {
    const known = [...LINES.flat(), ...COMPOSITION];
    expect([...new Set(files.map(room))].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has imports at all, each of a file that exists', () => {
    expect(imports.length).toBeGreaterThan(100);
    const inside = imports.filter(({ to }) => !to.startsWith('..'));
    expect(inside.filter(({ to }) => !files.includes(to))).toEqual([]);
  });

  it('lets each room import from its own line and those below only', () => {
    const upward = crossing.filter(({ from, to }) => lineOf(room(to)) > lineOf(room(from)));
    expect(upward).toEqual([]);
  });

  it('lets features import from each other in one direction only', () => {
    const sideways = crossing.filter(
      ({ from, to }) => FEATURES.includes(room(from)) && FEATURES.includes(room(to)),
    );
    expect(cyclesOf(sideways.map(({ from, to }) => ({ from: room(from), to: room(to) })))).toEqual([]);
  });

  it('shows of a feature only its services, schemas and tables', () => {
    const prying = crossing.filter(({ to }) => FEATURES.includes(room(to)) && !PUBLIC_FILES.test(to));
    expect(prying.filter(({ from }) => room(from) !== 'cli')).toEqual([]);
  });

  it('shows of the account object only its contract', () => {
    // The object of an organization is made of the same books.
    const strangers = crossing.filter(({ from }) => room(from) !== 'wallet');
    const prying = strangers.filter(({ to }) => room(to) === 'account' && !ACCOUNT_CONTRACT.test(to));
    expect(prying).toEqual([]);
  });

  it('shows of the object of an organization only its contract', () => {
    const prying = crossing.filter(({ to }) => room(to) === 'wallet' && !WALLET_CONTRACT.test(to));
    expect(prying).toEqual([]);
  });

  it('never loads Node code into the Worker', () => {
    expect(imports.filter(({ from, to }) => room(to) === NODE_ONLY && room(from) !== NODE_ONLY)).toEqual([]);
  });

  it('keeps what it fetches at first use', () => {
    const fetching = files
      .filter((file) => room(file) !== NODE_ONLY)
      .filter((file) => /^(?! \*).*\bimport\(/m.test(readFileSync(join(SRC, file), 'utf8')));
    expect(fetching.length).toBeGreaterThan(3);
    const kept = imports.filter(({ to }) => to === 'lib/lazy.ts').map(({ from }) => from);
    expect(fetching.filter((file) => !kept.includes(file))).toEqual([]);
  });

  it('makes a formatter in one place, where each is kept', () => {
    const makes = (file: string) => /\bnew Intl\.(?!Locale\b)/.test(readFileSync(join(SRC, file), 'utf8'));
    // What runs in browsers and in Node is not the Worker.
    const ours = files.filter((file) => !/^(client|cli)\//.test(file));
    expect(ours.filter(makes)).toEqual([]);
  });

  it('keeps Hono out of everything but http, routes and schemas', () => {
    const strangers = files.filter((file) => {
      if (
        /^(http|docs|dev|pages|compat|cli)\/|(routes|schemas)\.tsx?$|^(app|app-shell|worker)\.ts$/.test(file)
      )
        return false;
      return /from '(hono|@hono)\b/.test(readFileSync(join(SRC, file), 'utf8'));
    });
    expect(strangers).toEqual([]);
  });

  it('compares API keys in constant time only', () => {
    const comparing = files.filter(
      (file) =>
        file.startsWith('api-keys/') &&
        /\b(\w*hash|\w*secret|\w*key|text)\b\s*[!=]==?(?![\s=]*(null|undefined)\b)/i.test(
          readFileSync(join(SRC, file), 'utf8'),
        ),
    );
    expect(comparing).toEqual([]);
  });

  it('names the variables of a provider in its own file only', () => {
    const variables = [MAIL, TEXTS].flatMap(({ providers }) =>
      // A name without a prefix, such as that of the binding EMAIL, is also a word.
      providers.flatMap((one) => Object.keys(one.variables).filter((name) => name.includes('_'))),
    );
    expect(variables.length).toBeGreaterThan(10);
    const texts = files.map((file) => readFileSync(join(SRC, file), 'utf8'));
    const places = (name: string) => texts.filter((text) => new RegExp(`\\b${name}\\b`).test(text)).length;
    expect(variables.filter((name) => places(name) !== 1)).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(cyclesOf(imports)).toEqual([]);
  });

  it('has no barrel, no drawer, no file nested deep', () => {
    expect(
      files.filter((file) => /(^|\/)(index\.tsx?$|(utils|helpers|types|controllers)\/)/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => file.split('/').length > 3)).toEqual([]);
    expect(files.filter((file) => file.split('/').some((part) => !/^[a-z0-9.-]+$/.test(part)))).toEqual([]);
  });
});
