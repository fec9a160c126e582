import packageJson from '../../../package.json' with { type: 'json' };
import { COMMAND_GROUPS, typed } from '../../../src/cli/guides/command-help.ts';
import { ERROR_HELP } from '../../../src/docs/error-help.ts';
import { CATALOGUE, type ErrorCode } from '../../../src/errors.ts';
import { DIALECT_NAMES } from '../../../src/lib/dialect-names.ts';
import { PROVIDERS } from '../../../src/oauth/registry.ts';
import { DOCUMENTED_VARIABLES } from '../../../src/worker-config.ts';
import { featureTables } from '../feature-tables.ts';
import { COMPOSITION, LINES } from '../import-rules.ts';
import { table } from '../markdown-table.ts';
import type { Operation } from './openapi.ts';

const PART = /(<!-- generated: ([\w-]+) -->\n).*?(<!-- \/generated -->)/gs;

/** The parts of guides that are made of sources, by the name in their markers. */
export function generatedParts(operations: Record<string, Record<string, Operation>>): Map<string, string> {
  return new Map([
    ['configuration', configuration()],
    ['errors', errors()],
    ['endpoints', endpoints(operations)],
    ['commands', commands()],
    ['imports', imports()],
    ...DIALECT_NAMES.map((name) => [`features-${name}`, featureTables(name)] as const),
  ]);
}

/** The names in the markers of a text. */
export function partsIn(text: string): string[] {
  return [...text.matchAll(PART)].map(([, , name]) => name as string);
}

/** The text with each part between its markers. Throws for a name that is none. */
export function withParts(text: string, parts: Map<string, string>): string {
  return text.replaceAll(PART, (_, start, name, end) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`There is no generated part ${name}.`);
    return `${start}\n${part}\n\n${end}`;
  });
}

/** The topics of the configuration in order: what production cannot do without first. What fits none comes last. */
const TOPICS: [heading: string, names: RegExp][] = [
  ['What production needs', /^(ORIGIN|AUTH_SECRET|MAIL_PROVIDER|MAIL_FROM|ENVIRONMENT)$/],
  ['Mail', /^(SMTP|SENDGRID|RESEND)_/],
  ['Text messages and one-time codes', /^(SMS|TWILIO|CODES)_/],
  ['Billing', /^(STRIPE|BILLING)_/],
  ['Plans, quotas and usage', /^(RESOURCES$|MODEL_|RESERVATION_|USAGE_|QUOTA_)/],
  ['Limits of requests', /^RATE_LIMIT_/],
  ['Events to elsewhere', /^(EVENT_|CLOUDEVENTS_)/],
  ['Services, keys and retention', /^(INTERNAL_API_KEY|SIGNING_KEY|ACTIVITY|COMPAT)/],
  [
    'Sign-in with providers',
    new RegExp(`^(${['oidc', ...PROVIDERS.map(({ id }) => id)].join('|').toUpperCase()})_`),
  ],
];

function configuration(): string {
  const rows = DOCUMENTED_VARIABLES.map(({ name, unlessSet: value, doc }) => ({ name, value, doc }));
  const topicOf = (name: string) => TOPICS.find(([, names]) => names.test(name))?.[0] ?? 'Other';
  const byTopic = Map.groupBy(rows, ({ name }) => topicOf(name));
  return [...TOPICS.map(([heading]) => heading), 'Other']
    .flatMap((heading) => {
      const lines = byTopic.get(heading)?.map(({ name, value, doc }) => [code(name), value, doc]);
      return lines ? [`### ${heading}\n\n${table([['Variable', 'Default', 'Meaning'], ...lines])}`] : [];
    })
    .join('\n\n');
}

function errors(): string {
  return (Object.keys(CATALOGUE) as ErrorCode[])
    .map((name) => {
      const [{ status, title }, { cause, mend }] = [CATALOGUE[name], ERROR_HELP[name]];
      return `### \`${name}\`\n\n**${status}** ${title}.\n\n- Cause: ${cause}\n- Mend: ${mend}`;
    })
    .join('\n\n');
}

function endpoints(operations: Record<string, Record<string, Operation>>): string {
  const all = Object.entries(operations).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      endpoint: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const named = all.some(({ operation }) => operation.operationId !== undefined);
  return [...Map.groupBy(all, ({ operation }) => operation.tags[0] as string)]
    .map(([tag, group]) => {
      const lines = group.map(({ endpoint, operation }) => [
        code(endpoint),
        levelOf(operation),
        operation.summary,
        ...(named ? [code(operation.operationId ?? '')] : []),
      ]);
      const heading = ['Endpoint', 'Level', 'What it does', ...(named ? ['Operation'] : [])];
      return `### ${tag}\n\n${table([heading, ...lines])}`;
    })
    .join('\n\n');
}

/** Who may call it, as the operation declares. */
function levelOf({ 'x-level': level }: Operation): string {
  const { users, scope, fresh } = level;
  const of = {
    anybody: 'public',
    optional: 'public or user',
    none: 'service',
    user: scope === null ? 'user' : 'service or user',
    verified: scope === null ? 'verified' : 'service or verified',
    admin: 'admin',
    owner: 'owner',
  }[users];
  if (fresh === false) return of;
  return `${of}, fresh${fresh === true ? '' : ` ${fresh}`}`;
}

function commands(): string {
  const hooks = /^(pre|post)/;
  const names = Object.keys(packageJson.scripts).filter((name) => !hooks.test(name) || name === 'prepare');
  const known = Object.values(COMMAND_GROUPS).flatMap((group) => Object.keys(group));
  const strange = names.filter((name) => !known.includes(name));
  const gone = known.filter((name) => !names.includes(name));
  if (strange.length + gone.length > 0)
    throw new Error(`src/cli/guides/command-help.ts: unknown ${strange}, gone ${gone}.`);
  return Object.entries(COMMAND_GROUPS)
    .map(([title, group]) => {
      const lines = Object.entries(group).map(([name, help]) => [code(typed(name)), help]);
      return `### ${title}\n\n${table([['Command', 'What it does'], ...lines])}`;
    })
    .join('\n\n');
}

function imports(): string {
  const lines = [...LINES, COMPOSITION].map((rooms) => rooms.map(code).join(' '));
  return table([['Line', 'Rooms'], ...lines.map((rooms, index) => [String(index + 1), rooms])]);
}

/** Inline code; an empty text has none. */
function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
