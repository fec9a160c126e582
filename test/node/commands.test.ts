import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { deploymentFiles } from '../../src/cli/deployment.ts';
import { COMMAND_GROUPS, EXAMPLES, typed } from '../../src/cli/guides/command-help.ts';
import { ROOT } from '../../src/cli/root.ts';

const scripts: Record<string, string> = packageJson.scripts;
const names = Object.values(COMMAND_GROUPS).flatMap((group) => Object.keys(group));

/** What act on nothing but this machine and its local database. */
const OF_THIS_MACHINE = ['start', 'seed', 'build:client', 'prepare', 'help'];

/** Milliseconds; decides nothing, but that what hangs ends. */
const PATIENCE = 120_000;

const run = promisify(execFile);
const node = (args: string[]) =>
  run(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_ENV: undefined }, timeout: PATIENCE });

/** The help of a command, by its own `--help`; of the tools of others, by ours. */
function helpOf(name: string): Promise<{ stdout: string }> {
  const [, file] = /^node (\S+)$/.exec(scripts[name] ?? '') ?? [];
  return file ? node([file, '--help']) : node(['src/cli/help.ts', name]);
}

it('all have an example, and no other has', () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(names.toSorted());
});

it.each(names)(
  '%s says by --help what it does, with an example of itself',
  async (name) => {
    const { stdout } = await helpOf(name);
    const example = EXAMPLES[name] as string;
    expect(stdout).toContain(`Example:\n  ${example}`);
    expect(`${example} `).toContain(`${typed(name)} `);
    if (!scripts[name]?.startsWith('node src/cli/') || OF_THIS_MACHINE.includes(name)) return;
    expect(stdout, 'one environment, everywhere in the same words').toMatch(
      /^ {2}--env NAME +.*deployment\.NAME\.toml/m,
    );
  },
  PATIENCE,
);

it(
  'what runs on this machine refuses an environment',
  async () => {
    for (const [file, args] of [
      ['start', []],
      ['seed', ['--persist-to', 'x']],
    ] as const) {
      const { stderr } = await node([`src/cli/${file}.ts`, ...args, '--env', 'staging']).catch(
        (error) => error,
      );
      expect(stderr, file).toContain('--env');
    }
  },
  PATIENCE,
);

it('the name of an environment leads to no other folder', () => {
  expect(deploymentFiles('staging')).toEqual({
    own: 'deployment.staging.toml',
    merged: 'wrangler.staging.json',
    secrets: 'deployment.staging.secrets',
  });
  for (const name of ['', '../x', 'a.b', 'A', '-x']) expect(() => deploymentFiles(name)).toThrow('--env');
});
