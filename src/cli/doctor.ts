import { Resolver } from 'node:dns/promises';
import { z } from 'zod';
import { MINUTE, SECOND } from '../lib/time.ts';
import { serviceUrl } from './admin-client.ts';
import { runCommand, SERVICE, UsageError, type ValuesOf } from './command.ts';
import { isDeployed } from './d1.ts';
import { checkDeployment, writeDeployment } from './deployment.ts';
import { askJson, DeepHealth, failedParts } from './health.ts';

// `npm run doctor`: asks a Latchkey from outside, as its users and their mail servers do, and says how to mend what is wrong.

const OPTIONS = {
  dns: { type: 'string', value: 'IP', about: 'ask this name server, such as 1.1.1.1' },
  'mail-from': {
    type: 'string',
    value: 'ADDRESS',
    about: 'the sender of mails, where no deployment.toml says it',
  },
  ...SERVICE,
} as const;

/** What came of one check: what is wrong, or should be known, with what to do. */
interface Finding {
  state: 'ok' | 'note' | 'wrong';
  about: string;
  /** What to do; nothing where all is well. */
  mend?: string;
}

const ok = (about: string): Finding => ({ state: 'ok', about });
const note = (about: string, mend: string): Finding => ({ state: 'note', about, mend });
const wrong = (about: string, mend: string): Finding => ({ state: 'wrong', about, mend });

const MARKS = { ok: 'ok   ', note: 'note ', wrong: 'WRONG' };

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const KeySet = z.object({ keys: z.array(z.unknown()).min(1) });
const ProviderList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** What an operator does about what the health names (`needs_hand`). */
const HANDS: Record<string, string> = {
  messages: 'Messages were given up: send them again on /admin/mail once their provider takes mail.',
  webhooks: 'Webhooks get nothing: see what they answer on /admin/webhooks.',
  billing: 'Events of Stripe failed: the log names why; /admin/billing shows them.',
  cron: 'The Cron Triggers do not run, or come to nothing: look for cron_failed in the log, and for the triggers of wrangler.toml in the dashboard of Cloudflare.',
  keys: 'Signing keys are due: npm run keys:rotate shows them.',
  audit: 'The stream of audits is not taken: look for audit_stream_failed in the log.',
};

async function health(origin: string): Promise<Finding[]> {
  const answer = await askJson(`${origin}/health?deep=1`, DeepHealth);
  const { needs_hand: hands = [] } = answer.parts;
  const failed = failedParts(answer);
  return [
    ...failed.map((part) => wrong(`${part} fails`, 'The log names why: npx wrangler tail.')),
    ...(failed.length === 0 ? [ok('The Worker answers, and all that it is made of')] : []),
    ...hands.map((hand) => wrong(`Needs a hand: ${hand}`, HANDS[hand] ?? 'See the first page of /admin.')),
  ];
}

async function issuer(origin: string): Promise<Finding[]> {
  const { issuer: said, jwks_uri } = await askJson(`${origin}/.well-known/openid-configuration`, Discovery);
  if (said !== origin) {
    return [
      wrong(
        `The issuer is ${said}, asked for as ${origin}`,
        'Set ORIGIN to the address that users see: tokens name it.',
      ),
    ];
  }
  await askJson(jwks_uri, KeySet);
  return [ok(`Tokens are issued as ${said}, and their keys are public`)];
}

async function callbacks(origin: string): Promise<Finding[]> {
  const { data } = await askJson(`${origin}/v1/oauth/providers`, ProviderList);
  if (data.length === 0) return [ok('Nobody signs in by another provider')];
  const lines = data.map(({ id }) => `${id}: ${origin}/v1/oauth/${id}/callback`);
  return [note('Providers send users back only where you have registered it there', lines.join('; '))];
}

/** How old the last run of the every-minute cron may be. */
const CRON_LATE = 5 * MINUTE;

/** When the cron last ran, as the metrics say, which want a key. */
async function cron(origin: string): Promise<Finding[]> {
  const key = process.env.LATCHKEY_API_KEY;
  if (!key) {
    const mend =
      'Set LATCHKEY_API_KEY to an API key with the scope metrics:read. Where its work waits, the health says so.';
    return [note('When the cron last ran is not asked', mend)];
  }
  const signal = AbortSignal.timeout(20 * SECOND);
  const answer = await fetch(`${origin}/metrics`, {
    headers: { 'X-API-Key': key },
    signal,
    redirect: 'error',
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const [, at] = /^latchkey_cron_last_run_timestamp_seconds ([\d.e+]+)/m.exec(await answer.text()) ?? [];
  const age = Date.now() - Number(at ?? 0) * SECOND;
  if (age <= CRON_LATE) return [ok('The cron has run within five minutes')];
  return [
    wrong(at ? 'The cron has not run for five minutes' : 'The cron has never run', HANDS.cron as string),
  ];
}

/** What receivers of mail ask the domain of a sender for: SPF (RFC 7208) and DMARC (RFC 7489). */
async function mail(sender: string | undefined, resolver: Resolver): Promise<Finding[]> {
  const domain = /@([^@>\s]+)>?\s*$/.exec(sender ?? '')?.[1];
  if (!domain)
    return [note('Whose mails these are is not known here', 'Say --mail-from, or ask with --remote.')];
  const texts = async (name: string) =>
    (await resolver.resolveTxt(name).catch(noneIfThereIsNone)).map((pieces) => pieces.join(''));
  const [own, policy] = await Promise.all([texts(domain), texts(`_dmarc.${domain}`)]);
  const spf = own.filter((text) => /^v=spf1( |$)/i.test(text));
  const asked = 'Your mail provider shows the record. It also has one for DKIM, whose name only it knows.';
  return [
    spf.length === 1
      ? ok(`${domain} says who may send its mail (SPF)`)
      : wrong(`${domain} has ${spf.length === 0 ? 'no' : 'more than one'} SPF record`, asked),
    policy.some((text) => /^v=DMARC1\s*(;|$)/i.test(text))
      ? ok(`${domain} says what becomes of mail by others (DMARC)`)
      : wrong(
          `${domain} has no DMARC record`,
          `Add a TXT record at _dmarc.${domain}, such as "v=DMARC1; p=none".`,
        ),
  ];
}

/** That a name has no records is an answer; that nobody answers is none. */
function noneIfThereIsNone(error: NodeJS.ErrnoException): string[][] {
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return [];
  throw error;
}

async function doctor(values: ValuesOf<typeof OPTIONS>): Promise<void> {
  const origin = await serviceUrl(values);
  const resolver = new Resolver({ timeout: 5 * SECOND, tries: 2 });
  if (values.dns) {
    try {
      resolver.setServers([values.dns]);
    } catch {
      throw new UsageError('--dns: must be an IP address');
    }
  }
  const config = isDeployed(values) ? await writeDeployment(values.env) : null;
  const sender = values['mail-from'] ?? (config?.vars?.MAIL_FROM as string | undefined);
  const checks: [what: string, check: () => Promise<Finding[]>][] = [
    ...(config
      ? [['deployment.toml', async () => settings(config, values.env)] as [string, () => Promise<Finding[]>]]
      : []),
    ['the health', () => health(origin)],
    ['the issuer', () => issuer(origin)],
    ['the providers', () => callbacks(origin)],
    ['the cron', () => cron(origin)],
    // Mails of one's own machine stay there.
    ...(config || values['mail-from']
      ? [['DNS', () => mail(sender, resolver)] as [string, () => Promise<Finding[]>]]
      : []),
  ];
  console.log(`Latchkey at ${origin}\n`);
  const found = await Promise.all(
    checks.map(([what, check]) =>
      check().catch((error) => [
        wrong(
          `${what} cannot be asked: ${(error as Error).message}`,
          `Is ${origin} right, and does it run? The log of the Worker names what it lacks.`,
        ),
      ]),
    ),
  );
  for (const { about, mend, state } of found.flat()) {
    console.log(`${MARKS[state]}  ${about}.${mend ? `\n       ${mend}` : ''}`);
  }
  const faults = found.flat().filter(({ state }) => state === 'wrong').length;
  if (faults > 0) throw new Error(`\n${faults} to be mended.`);
}

function settings(config: Awaited<ReturnType<typeof writeDeployment>>, env: string | undefined): Finding[] {
  try {
    checkDeployment(config, env);
    return [ok('What the deployment is told is complete')];
  } catch (error) {
    return [wrong((error as Error).message, 'Mend the file, and npm run deploy.')];
  }
}

await runCommand({
  name: 'doctor',
  usage: ['[options]'],
  about:
    'Asks a Latchkey whether it is well, from outside: its health, issuer, keys, providers and the DNS of its mail.',
  options: OPTIONS,
  notes:
    'The exit code is 1 where something is to be mended. Nothing is changed. With LATCHKEY_API_KEY it asks when the cron last ran.',
  run: doctor,
});
