import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { TABLES } from '../../src/compat/dialects.ts';
import { CATALOGUE } from '../../src/errors.ts';
import { DIALECT_NAMES } from '../../src/lib/dialect-names.ts';
import { DOCUMENTED_VARIABLES } from '../../src/worker-config.ts';
import { FEATURES } from '../compat/features.ts';
import {
  endpointsOf,
  featuresOf,
  hasDocuments,
  NOT_OURS,
  readDocuments,
  readExtract,
  SEEDS,
} from '../support/documents.ts';
import { contractTestsOf, testNamed } from '../support/feature-tables.ts';

const ROOT = join(import.meta.dirname, '../..');
const extract = readExtract();
const features = DIALECT_NAMES.flatMap((name) =>
  Object.entries(FEATURES[name]).map(([says, feature]) => ({ about: `${name}: ${says}`, ...feature })),
);

describe('a document', () => {
  it.each([
    [
      'blocks of HTTP',
      ['```http', 'POST /a/b?c=d', 'Authorization: Bearer e', '', '{ "GET /no": 1 }', '```'],
      ['POST /a/b'],
    ],
    ['tables, the path first', ['| `/a/{id}`  | PUT | Public |', '|---|---|'], ['PUT /a/{id}']],
    ['tables, the method first', ['| GET | `/a/` | List |'], ['GET /a/']],
    [
      'lists below a prefix',
      ['### Users (`/api/users`)', '- `GET /me` - Profile', '### Other', '- `DELETE /b`: B'],
      ['GET /api/users/me', 'DELETE /b'],
    ],
    ['curl', ['   ```bash', '   curl -X POST "http://localhost:80/a?b=c" \\', '   ```'], ['POST /a']],
    ['curl without a method', ['```sh', 'curl http://localhost/a/b', '```'], ['GET /a/b']],
    [
      'JavaScript',
      ['```js', "await fetch('/a', {", "  method: 'PUT',", '});', "fetch('/b').then(c);", '```'],
      ['PUT /a', 'GET /b'],
    ],
    [
      'links in code',
      ['```html', "location.href = '/a';", '<img src="/b.png" />', '```'],
      ['GET /a', 'GET /b.png'],
    ],
    [
      'mentions',
      ['- **Docs**: http://localhost:8000/docs', 'Look at `/a`, or `/b`.'],
      ['GET /docs', 'GET /a'],
    ],
    [
      'a mention of what a placeholder stands for',
      ['- `GET /a/{b}`: A', 'Redirect to `https://yourdomain.com/a/google`.'],
      ['GET /a/{b}'],
    ],
    [
      'the same again below another prefix',
      [
        '## One (`/One`)',
        '| GET | `/One/a` |',
        '## Two (`/Two`)',
        'Similar endpoints for two with `/Two` prefix.',
      ],
      ['GET /One/a', 'GET /Two/a'],
    ],
    ['what is not its own', ['```js', "fetch('/api/chat', {", "method: 'POST',", '})', '```'], []],
  ])('has endpoints in %s', (_, lines, endpoints) => {
    expect(endpointsOf(lines.join('\n'))).toEqual(endpoints);
  });

  it('has features in lists below certain headings, without their groups, details and plans', () => {
    const lines = ['## 🚀 Features', '- **Group**', '  - one', '    - its detail', '- two', '- [ ] some day'];
    const others = [
      '```',
      '- code',
      '```',
      '## Setup',
      '- no feature',
      '### Security Features',
      '1. Numbers',
      '  - three',
    ];
    expect(featuresOf([...lines, ...others].join('\n'))).toEqual(['one', 'two', 'three']);
  });
});

describe('the extract', () => {
  it('is what the documents say (else: node test/support/documents.ts)', (context) => {
    if (!hasDocuments)
      return context.skip(`the documents are not in ${SEEDS}: SEEDS names another directory`);
    expect(extract).toEqual(readDocuments());
    for (const endpoint of Object.keys(NOT_OURS)) expect(readAll()).toContain(endpoint.split(' ')[1]);
  });

  it('says of each feature what it is, in words of our own', (context) => {
    const lines = DIALECT_NAMES.flatMap((name) => extract[name].features);
    expect(lines.filter(({ says }) => says === '')).toEqual([]);
    if (!hasDocuments) return context.skip(`the documents are not in ${SEEDS}`);
    const theirs = DIALECT_NAMES.flatMap((name) => featuresOf(readSeed(name)));
    const long = lines.filter(({ says }) => says.split(' ').length > 3).map(({ says }) => says);
    expect(long.filter((says) => theirs.includes(says))).toEqual([]);
  });
});

const readSeed = (name: string) => readFileSync(join(SEEDS, `${name}.md`), 'utf8');
const readAll = () => DIALECT_NAMES.map(readSeed).join('\n');

it.each(DIALECT_NAMES.flatMap((name) => TABLES[name].map(({ from }) => [name, from] as const)))(
  '%s: %s has a contract test that names it',
  (_, from) => {
    expect(contractTestsOf(from)).not.toEqual([]);
  },
);

describe('each feature', () => {
  it.each(DIALECT_NAMES)('of %s is accounted for, and no other', (name) => {
    const promised = [...new Set(extract[name].features.map(({ says }) => says))];
    expect(Object.keys(FEATURES[name]).sort()).toEqual(promised.sort());
  });

  it('names what there is', () => {
    const variables = DOCUMENTED_VARIABLES.map(({ name }) => name);
    const scripts = Object.keys(packageJson.scripts);
    const isThere = (named: string) =>
      // Operations and pages are asked for in test/compat/features.test.ts.
      /^([A-Z]+ )?\//.test(named) ||
      (/^(src|test|migrations)\//.test(named) && existsSync(join(ROOT, named))) ||
      variables.includes(named) ||
      Object.hasOwn(CATALOGUE, named) ||
      scripts.includes(named.replace(/^npm (run )?/, ''));
    const missing = features.flatMap(({ about, where }) =>
      [...where.matchAll(/`([^`]+)`/g)]
        .filter(([, named]) => !isThere(named as string))
        .map(([quoted]) => `${about}: ${quoted}`),
    );
    expect(missing).toEqual([]);
  });

  it('is proved by tests that there are', () => {
    const missing = features.flatMap(({ about, tests }) =>
      tests
        .filter((test) => {
          const { file, title } = testNamed(test);
          if (title === '' || !existsSync(join(ROOT, file))) return true;
          const source = readFileSync(join(ROOT, file), 'utf8');
          return !["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
        })
        .map((test) => `${about}: ${test}`),
    );
    expect(missing).toEqual([]);
    expect(features.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });
});
