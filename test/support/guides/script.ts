import { mkdirSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CREDENTIALS } from '../peers/ports.ts';
import { differencesOfJson, hasLines, jsonValues } from './answer.ts';
import { type Block, isCommand, isIllustration } from './blocks.ts';
import type { Copy } from './copy.ts';
import { startLlm } from './llm.ts';
import { type Outcome, Shell } from './shell.ts';

/** How documents write the addresses of a server that runs elsewhere in the test. */
const WRITTEN = 'http://localhost:8787';
/** How they write that of the reader's own program. */
const OF_WORKER = 'http://localhost:8788';
/** How they write that of a language model, which a stand-in is as long as the document is run. */
const OF_MODEL = 'localhost:11434';
const DEPLOYED = 'https://auth.example.com';
/** How they write the secret key of an account at Stripe. */
const STRIPE_KEY = 'sk_test_…';
/** An address that deploying does not take for an example. */
const NO_EXAMPLE = 'https://auth.latchkey.test';

/** The guides whose programs somebody in a browser goes on with, in test/browser/recipes.test.ts. */
export const RECIPES_IN_BROWSER = ['five-minutes', 'spa', 'next', 'stripe', 'mobile', 'cli', 'mcp'] as const;

/** Commands that check a change, and take as long for one change as for several. */
const CHECK = /^(npm run typecheck|npx vitest run --project workers) *(.*)$/;

/**
 * Runs the blocks of a document in order, in a copy of the repository; checks of changes once, after the last. Throws at
 * the first that does not do what the document says. `person` does what a command waits for. Gives what all printed.
 */
export async function runDocument(blocks: Block[], copy: Copy, person?: Person): Promise<string> {
  const shell = new Shell(copy.folder, copy.own, copy.env);
  const llm = blocks.some(({ text }) => text.includes(OF_MODEL)) ? await startLlm() : undefined;
  const checks = blocks.filter(
    (block) => isCommand(block) && linesOf(block).every((line) => CHECK.test(line)),
  );
  const others = blocks.filter((block) => !checks.includes(block));
  const [lastCheck] = checks.slice(-1);
  const ordered = lastCheck ? [...others, { ...lastCheck, text: together(checks.flatMap(linesOf)) }] : others;
  let printed = '';
  try {
    let last: Outcome | undefined;
    for (const [at, given] of ordered.entries()) {
      const block = {
        ...given,
        text: llm ? given.text.replaceAll(OF_MODEL, `localhost:${llm.port}`) : given.text,
      };
      const outcome = await (block.words.has('person') && person
        ? runWith(person, block, shell)
        : runBlock(block, copy, shell, last));
      printed += outcome?.stdout ?? '';
      const answered = ordered[at + 1]?.words.has('answer');
      if (outcome && !answered) expectNoProblem(block, outcome);
      last = answered ? (outcome ?? last) : undefined;
    }
  } finally {
    llm?.stop();
    shell.end();
  }
  return printed;
}

/** Somebody who acts on what a command prints while it runs: what a pattern matches, as soon as it does. */
export type Person = (read: (pattern: RegExp) => Promise<RegExpExecArray>) => Promise<void>;

async function runWith(person: Person, block: Block, shell: Shell): Promise<Outcome> {
  const running = shell.run(block.text);
  await person(async (pattern) => {
    for (;;) {
      const found = pattern.exec(shell.printed);
      if (found) return found;
      await setTimeout(50);
    }
  });
  return succeed(block, await running);
}

const linesOf = ({ text }: Block) => text.split('\n');

/** Each command once, with the files of all. */
function together(lines: string[]): string {
  const files = new Map<string, string[]>();
  for (const line of lines) {
    const [, command = '', named = ''] = CHECK.exec(line) ?? [];
    files.set(command, [...(files.get(command) ?? []), named]);
  }
  return [...files].map(([command, named]) => `${command} ${named.join(' ')}`.trim()).join('\n');
}

async function runBlock(
  block: Block,
  copy: Copy,
  shell: Shell,
  last: Outcome | undefined,
): Promise<Outcome | undefined> {
  const { words, file, language } = block;
  const text = written(block, copy);
  if (isIllustration(block)) return undefined;
  if (words.has('answer')) {
    if (!last) throw new Error(`${block.at}: there is nothing before this answer.`);
    compare(block, last, copy);
    return undefined;
  }
  if (file) {
    const path = join(copy.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    if (words.has('append')) await appendFile(path, `${text}\n`);
    else writeFileSync(path, `${text}\n`);
    return undefined;
  }
  if (language === 'diff') return succeed(block, await shell.run(applying(text)));
  if (words.has('background')) {
    await copy.serve(text);
    return undefined;
  }
  if (words.has('beside')) {
    await copy.serveBeside(text);
    return undefined;
  }
  if (isCommand(block)) return succeed(block, await shell.run(text));
  if (language === 'ts' && words.has('run')) {
    const name = `snippet-${block.at.split(':')[1]}.ts`;
    writeFileSync(join(copy.folder, name), text);
    return succeed(block, await shell.run(`node ${name}`));
  }
  return undefined;
}

/** The text of a block with the addresses that hold here. */
function written({ text, words }: Block, { origin, workerOrigin }: Copy): string {
  const here = text
    .replaceAll(new RegExp(`\\b${portOf(WRITTEN)}\\b`, 'g'), portOf(origin))
    .replaceAll(new RegExp(`\\b${portOf(OF_WORKER)}\\b`, 'g'), portOf(workerOrigin))
    .replaceAll(STRIPE_KEY, CREDENTIALS.stripe.secretKey);
  if (!words.has('deploy')) return here;
  return here
    .replaceAll(/^.*\bcurl\b.*$/gm, (line) => line.replaceAll(DEPLOYED, origin))
    .replaceAll(DEPLOYED, NO_EXAMPLE)
    .replaceAll('@example.com', `@${new URL(NO_EXAMPLE).hostname}`);
}

const portOf = (origin: string) => new URL(origin).port;

function applying(diff: string): string {
  return `git apply --whitespace=nowarn - <<'END OF DIFF'\n${diff}\nEND OF DIFF`;
}

function succeed(block: Block, outcome: Outcome): Outcome {
  if (outcome.ok) return outcome;
  throw new Error(`${block.at}: a command failed.\n${block.text}\n---\n${outcome.stdout}${outcome.stderr}`);
}

/** A failure that no answer shows is one that nobody meant. */
function expectNoProblem(block: Block, { stdout }: Outcome): void {
  const problem = jsonValues(stdout).find(
    (value): value is { status: number } =>
      typeof value === 'object' &&
      value !== null &&
      'status' in value &&
      'code' in value &&
      'request_id' in value,
  );
  if (problem) throw new Error(`${block.at}: a request failed: ${JSON.stringify(problem)}`);
}

function compare(block: Block, { stdout, stderr }: Outcome, { origin, workerOrigin }: Copy): void {
  const told = (text: string) =>
    text
      .replaceAll(origin, WRITTEN)
      .replaceAll(workerOrigin, OF_WORKER)
      .replaceAll(/^> .*\n/gm, '');
  if (block.language === 'json') {
    const wrong = differencesOfJson(block.text, told(stdout));
    if (wrong.length > 0) throw new Error(`${block.at}: ${wrong.join('\n')}\n---\n${stdout}${stderr}`);
  } else if (!hasLines(block.text, `${told(stdout)}\n${told(stderr)}`)) {
    throw new Error(
      `${block.at}: these lines did not come.\n${block.text}\n---\n${told(stdout)}${told(stderr)}`,
    );
  }
}
