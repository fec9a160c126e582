import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { EmailField } from '../directory/schemas.ts';
import { MAIL } from '../messages/mail-registry.ts';
import { UsageError } from './command.ts';
import { deploymentFiles, deploymentOf, deploymentProblems, isSecret, readToml } from './deployment.ts';
import type { Question, Questions } from './questions.ts';
import { ROOT } from './root.ts';

// What `npm run setup` has to know, from options, from the file of the deployment, and from whoever runs it.

/** What the file of a deployment shall say. */
export interface DeploymentVariables {
  /** All of it. */
  own: WranglerConfig;
  /** What it does not say yet. */
  changed: Record<string, string>;
  /** What has to be added to it, in TOML; empty for nothing. */
  added: string;
}

/** What the options may say about variables. */
interface Given {
  env?: string;
  origin?: string;
  'mail-provider'?: string;
  'mail-from'?: string;
  var?: string[];
}

/** The binding without which Cloudflare's own mail cannot be sent. */
const EMAIL = { name: 'EMAIL' };

/** Settles the variables. Throws with all that is wrong where nobody can be asked. */
export async function chooseVariables(given: Given, asking: Questions | null): Promise<DeploymentVariables> {
  const { env } = given;
  const { own: file } = deploymentFiles(env);
  const own = existsSync(join(ROOT, file)) ? await readToml(file) : {};
  const config = await deploymentOf(env, own);
  const before = Object.fromEntries(
    Object.entries(own.vars ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const vars: Record<string, string> = { ...before, ...fromOptions(given) };
  /** What would be wrong with variables. */
  const problemsOf = (some: Record<string, string>) =>
    deploymentProblems({
      ...config,
      vars: { ...config.vars, ...some },
      ...(some.MAIL_PROVIDER === 'cloudflare' && { send_email: [...(config.send_email ?? []), EMAIL] }),
    });
  const settle = async (name: string, question: Question) => {
    if (!asking) return;
    const normal = name === 'ORIGIN' ? normalOrigin : (value: string) => value;
    const answer = await asking.ask({
      ...question,
      check: (typed) =>
        problemsOf({ ...vars, [name]: normal(typed) }).find((problem) => problem.startsWith(`${name} `)),
    });
    if (answer !== '') vars[name] = normal(answer);
  };

  await settle('ORIGIN', {
    text: 'Where users will reach it, such as https://auth.acme.dev',
    fallback: vars.ORIGIN,
  });
  const providers = MAIL.providers.filter(({ delivery }) => delivery === undefined);
  await settle('MAIL_PROVIDER', {
    text: `Who delivers mail: ${providers.map(({ name, doc }) => `${name} (${doc})`).join(', ')}`,
    fallback: vars.MAIL_PROVIDER ?? 'resend',
  });
  vars.MAIL_FROM ??= senderAt(vars.ORIGIN);
  await settle('MAIL_FROM', { text: 'The sender of mails', fallback: vars.MAIL_FROM });
  // What the choices need besides.
  for (const problem of problemsOf(vars)) {
    const [name = ''] = problem.split(' ', 1);
    if (problem.includes(' is missing') && !isSecret(name)) await settle(name, { text: problem });
  }
  const problems = problemsOf(vars);
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  - ${problem}`).join('\n');
    throw new UsageError(
      `This cannot be deployed:\n${lines}\nSay --origin, --mail-provider, --mail-from, --var NAME=VALUE.`,
    );
  }
  const changed = Object.fromEntries(Object.entries(vars).filter(([name, value]) => before[name] !== value));
  const needsEmail =
    vars.MAIL_PROVIDER === 'cloudflare' && !config.send_email?.some(({ name }) => name === EMAIL.name);
  return {
    own: { ...own, vars, ...(needsEmail && { send_email: [...(own.send_email ?? []), EMAIL] }) },
    changed,
    added: needsEmail ? `[[send_email]]\nname = "${EMAIL.name}"` : '',
  };
}

function fromOptions({ origin, var: others = [], ...given }: Given): Record<string, string> {
  const named = others.map((one) => {
    const at = one.indexOf('=');
    if (at < 1) throw new UsageError('--var: must be NAME=VALUE');
    const name = one.slice(0, at);
    if (isSecret(name)) throw new UsageError(`--var: ${name} is a secret. Set it in the environment.`);
    return [name, one.slice(at + 1)] as const;
  });
  const said = {
    ...Object.fromEntries(named),
    ORIGIN: origin && normalOrigin(origin),
    MAIL_PROVIDER: given['mail-provider'],
    MAIL_FROM: given['mail-from'],
  };
  return Object.fromEntries(Object.entries(said).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

/** An address as people type it: `auth.acme.dev/`. */
function normalOrigin(typed: string): string {
  return (/^https?:\/\//.test(typed) ? typed : `https://${typed}`).replace(/\/$/, '');
}

/** The sender whom a domain is likely to have: that of `auth.acme.dev` is at acme.dev. */
function senderAt(origin: string | undefined): string {
  const labels = URL.parse(origin ?? '')?.hostname.split('.') ?? [];
  return labels.length > 1 ? `accounts@${(labels.length > 2 ? labels.slice(1) : labels).join('.')}` : '';
}

/** The address of the first owner; empty for none. Throws for one that is none. */
export async function chooseOperator(given: string | undefined, asking: Questions | null): Promise<string> {
  const check = (typed: string) =>
    typed === '' ? undefined : EmailField.safeParse(typed).error?.issues[0]?.message;
  const typed =
    given ??
    (await asking?.ask({ text: 'Your e-mail address, as the first owner (empty: none)', check })) ??
    '';
  const problem = check(typed);
  if (problem) throw new UsageError(`--operator: ${problem}`);
  return typed && EmailField.parse(typed);
}
