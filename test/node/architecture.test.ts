import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');

/** Who may import whom, as the README's table says. `lib`, `errors` and what begins with `env` are open to all. */
const MAY_IMPORT: Record<string, string[] | '*'> = {
  lib: [],
  errors: [],
  env: [],
  'env-providers': [],
  'env-variables': [],
  'env-variable': [],
  db: [],
  http: [],
  health: ['http'],
  docs: ['http'],
  mail: [],
  sms: [],
  realms: ['db', 'http'],
  links: ['db'],
  outbox: ['db', 'mail', 'sms', 'realms'],
  accounts: ['db', 'http', 'realms'],
  audit: ['db'],
  'api-keys': ['db', 'http', 'realms', 'audit'],
  sessions: ['db', 'http', 'realms', 'accounts'],
  plans: ['db', 'http', 'realms', 'audit', 'accounts'],
  usage: ['db', 'http', 'realms', 'accounts', 'plans'],
  credits: ['http', 'accounts', 'plans'],
  authorize: ['http', 'accounts', 'sessions', 'plans', 'usage', 'credits'],
  credentials: ['db', 'http', 'realms', 'links', 'outbox', 'accounts', 'sessions'],
  oauth: ['db', 'http', 'realms', 'links', 'outbox', 'accounts', 'sessions', 'credentials'],
  verification: ['db', 'http', 'realms', 'links', 'outbox', 'accounts', 'sessions', 'credentials', 'oauth'],
  billing: ['db', 'http', 'realms', 'audit', 'accounts', 'plans', 'credits'],
  import: ['db', 'http', 'realms', 'audit', 'accounts', 'credentials'],
  privacy: [
    'db',
    'http',
    'audit',
    'outbox',
    'accounts',
    'sessions',
    'plans',
    'usage',
    'credits',
    'billing',
    'credentials',
    'oauth',
    'import',
  ],
  compat: ['http', 'accounts'],
  pages: [
    'http',
    'realms',
    'accounts',
    'audit',
    'api-keys',
    'sessions',
    'plans',
    'usage',
    'credits',
    'credentials',
    'verification',
    'oauth',
    'outbox',
    'billing',
    'privacy',
    'admin',
  ],
  admin: [
    'db',
    'http',
    'realms',
    'links',
    'outbox',
    'accounts',
    'audit',
    'sessions',
    'plans',
    'usage',
    'credits',
    'credentials',
    'privacy',
  ],
  rpc: ['http', 'realms', 'accounts', 'sessions', 'usage', 'credits', 'authorize'],
  dev: ['http', 'mail'],
  retention: [],
  'account-base': '*',
  'account-metering': '*',
  'account-object': '*',
  'account-projection': '*',
  services: '*',
  app: '*',
  cron: '*',
  worker: '*',
  cli: '*',
};
const OPEN = ['lib', 'errors', 'env', 'env-providers', 'env-variable', 'env-variables'];
const FEATURES = [
  'audit',
  'api-keys',
  'realms',
  'links',
  'outbox',
  'accounts',
  'sessions',
  'credentials',
  'verification',
  'oauth',
  'import',
  'privacy',
  'plans',
  'usage',
  'credits',
  'authorize',
  'billing',
  'admin',
];
/** What one feature may see of another. */
const PUBLIC_FILES = /\/((\w+-)?(service|schemas)|tables|port)\.ts$/;
/** The Worker never loads what runs in Node. */
const NODE_ONLY = 'cli';

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  .sort();

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'(\.[^']+)'/gm)].map((match) => ({
    from,
    to: relative(SRC, join(SRC, dirname(from), match[2] as string)),
    typeOnly: match[1] !== undefined,
  }));
});

const room = (file: string) => file.split('/')[0]?.replace(/\.tsx?$/, '') as string;

describe('the house', () => {
  it('has no room that the table does not know', () => {
    expect([...new Set(files.map(room))].filter((name) => !(name in MAY_IMPORT))).toEqual([]);
  });

  it('has imports at all, each of a file that exists', () => {
    expect(imports.length).toBeGreaterThan(100);
    const inside = imports.filter(({ to }) => !to.startsWith('..'));
    expect(inside.filter(({ to }) => !files.includes(to))).toEqual([]);
  });

  it('lets each folder import only what is below it', () => {
    const forbidden = imports.filter(({ from, to }) => {
      const [source, target] = [room(from), room(to)];
      if (to.startsWith('..') || source === target || OPEN.includes(target)) return false;
      const allowed = MAY_IMPORT[source];
      return allowed !== '*' && !allowed?.includes(target);
    });
    expect(forbidden).toEqual([]);
  });

  it('keeps lib, errors and env to themselves, in that order', () => {
    const order = { lib: 0, errors: 1, env: 2 } as Record<string, number>;
    const upward = imports.filter(({ from, to }) => {
      const [source, target] = [order[room(from)], order[room(to)]];
      return source !== undefined && target !== undefined && target > source;
    });
    expect(upward).toEqual([]);
  });

  it('shows of a feature only its service, schemas, tables and port', () => {
    const composed = [
      'account-base',
      'account-metering',
      'account-object',
      'account-projection',
      'services',
      'app',
      'cron',
      'worker',
      'cli',
    ];
    const prying = imports.filter(
      ({ from, to }) =>
        FEATURES.includes(room(to)) &&
        room(from) !== room(to) &&
        !composed.includes(room(from)) &&
        !PUBLIC_FILES.test(to),
    );
    expect(prying).toEqual([]);
  });

  it('never loads Node code into the Worker', () => {
    expect(imports.filter(({ from, to }) => room(to) === NODE_ONLY && room(from) !== NODE_ONLY)).toEqual([]);
  });

  it('keeps Hono out of everything but http, routes and schemas', () => {
    const strangers = files.filter((file) => {
      if (/^(http|docs|dev|pages|compat|cli)\/|(routes|schemas)\.tsx?$|^(app|worker)\.ts$/.test(file))
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

  it('has no import cycle', () => {
    const graph = Map.groupBy(
      imports.filter(({ typeOnly }) => !typeOnly),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const cycles: string[][] = [];
    const visit = (file: string, path: string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file]);
      if (path.includes(file) || done.has(file)) return;
      for (const { to } of graph.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('has no barrel, no drawer, no file nested deep or over 300 lines', () => {
    expect(
      files.filter((file) => /(^|\/)(index\.tsx?$|(utils|helpers|types|controllers)\/)/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => file.split('/').length > 3)).toEqual([]);
    expect(files.filter((file) => file.split('/').some((part) => !/^[a-z0-9.-]+$/.test(part)))).toEqual([]);
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});

it('the README shows this very table', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    if (allowed === '*' || OPEN.includes(folder)) continue;
    const row = `| ${folder} | ${allowed.length > 0 ? allowed.join(', ') : '–'} |`;
    expect(readme, row).toContain(row);
  }
});
