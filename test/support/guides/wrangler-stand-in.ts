import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../../../src/cli/root.ts';
import { DOCUMENTED_VARIABLES } from '../../../src/worker-config.ts';

// `npx wrangler` of a document, without an account: its help has to know every word and flag, and what can be done
// here is done here.

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const [cwd = '', ...args] = process.argv.slice(2);
const wrangler = (given: string[], output: 'inherit' | 'pipe') =>
  spawnSync(process.execPath, [WRANGLER, ...given], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', output, output],
  });

const words = args.slice(0, args.findIndex((arg) => arg.startsWith('-')) >>> 0);
const { stdout, status } = wrangler([...words, '--help'], 'pipe');
// The help of a command begins with the command itself.
const [, known = ''] = /^(?:\S.*\n\s*)?wrangler ([a-z0-9 -]+)/m.exec(stdout) ?? [];
const unknown = args
  .filter((arg) => arg.startsWith('--'))
  .filter((flag) => !stdout.includes(`${flag.split('=')[0]} `));
if (status !== 0 || !args.join(' ').startsWith(known.trim()) || known === '')
  fail(`no command ${words.join(' ')}`);
if (unknown.length > 0) fail(`no flag ${unknown.join(' ')} of ${words.join(' ')}`);

if (args[0] === 'dev') {
  const { status } = wrangler([...args, '--ip', '127.0.0.1', '--inspector-port', '0'], 'inherit');
  process.exitCode = status ?? 1;
}
if (args[0] === 'deploy') process.exitCode = wrangler([...args, '--dry-run'], 'inherit').status ?? 1;
if (args[0] === 'd1' && ['migrations', 'execute', 'export'].includes(args[1] ?? '')) {
  const here = args.map((arg) => (arg === '--remote' ? '--local' : arg));
  process.exitCode = wrangler(here, 'inherit').status ?? 1;
}
if (args[0] === 'secret' && args[1] === 'put') {
  const name = args[2] ?? '';
  const known = DOCUMENTED_VARIABLES.find((variable) => variable.name === name);
  if (known && !known.secret) fail(`${name} is no secret`);
  const value = process.stdin.isTTY ? '' : (await text(process.stdin)).trim();
  if (name === 'AUTH_SECRET' && value.length < 32) fail('AUTH_SECRET is too short');
}

function fail(message: string): never {
  console.error(`wrangler has ${message}.`);
  process.exit(1);
}
