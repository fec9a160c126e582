import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { COMMAND_GROUPS, EXAMPLES } from './guides/command-help.ts';

// What all commands have in common: a table of options, from which they are parsed and `--help` is written.

/** An option of a command. */
export interface Option {
  type: 'string' | 'boolean';
  /** May be given more than once. */
  multiple?: boolean;
  /** What stands for its value in the help, such as `ID`. */
  value?: string;
  /** What it means, in a line. */
  about: string;
}

/** The options by which every command says which Latchkey it means. Without any: the one on this machine. */
export const DEPLOYED = {
  remote: { type: 'boolean', about: 'the deployed one, of deployment.toml' },
  env: { type: 'string', value: 'NAME', about: 'the deployed one of deployment.NAME.toml, such as staging' },
} as const satisfies Record<string, Option>;

/** The same for commands that act on a database. */
export const DATABASE = {
  ...DEPLOYED,
  'persist-to': { type: 'string', value: 'DIR', about: 'the local database in DIR, as for npm start' },
} as const satisfies Record<string, Option>;

/** The same for commands that call a running service. */
export const SERVICE = {
  url: { type: 'string', value: 'URL', about: 'the service there (http://localhost:8787)' },
  ...DEPLOYED,
} as const satisfies Record<string, Option>;

/** Every command has it. */
const HELP = { type: 'boolean', about: 'show this' } as const satisfies Option;

type Options = Record<string, Option>;
type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : string;

/** What was typed: an option that was not is undefined. */
export type ValuesOf<O extends Options> = { -readonly [name in keyof O]?: ValueOf<O[name]> };

/** A command of Latchkey. */
export interface Command<O extends Options> {
  /** As in `npm run NAME`. */
  name: string;
  /** What stands after the name, a line for each form. */
  usage: string[];
  /** What it does. */
  about: string;
  options: O;
  /** Shown below the options. */
  notes?: string;
  /** Does it. What it throws is shown without a stack. */
  run(values: ValuesOf<O>, positionals: string[]): Promise<void>;
}

/** A command that was typed in no form that it has. */
export class UsageError extends Error {}

/**
 * Runs a command to its end. `--help` prints what it takes. What it throws is shown without a stack, and the exit code
 * is 1.
 */
export function runCommand<O extends Options>(
  command: Command<O>,
  args = process.argv.slice(2),
): Promise<void> {
  return showErrors(async () => {
    try {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { ...command.options, help: { ...HELP, short: 'h' } } as ParseArgsOptionsConfig,
      });
      if (values.help) console.log(helpOf(command));
      else await command.run(values as ValuesOf<O>, positionals);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!(error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS'))) throw error;
      throw new Error(`${message}\n\n${usageOf(command)}\n\nAll options: npm run ${command.name} -- --help`);
    }
  });
}

/** Does what may fail; what it throws is shown without a stack, and the exit code is 1. */
export async function showErrors(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** The help of a command: its forms, what it does, a line for each option, an example. */
export function helpOf(command: Omit<Command<Options>, 'run'>): string {
  const options = Object.entries({ ...command.options, help: HELP } as Options).map(
    ([name, { value, multiple, about }]) =>
      [`--${name}${value ? ` ${value}` : ''}`, multiple ? `${about}; repeatable` : about] as const,
  );
  const width = Math.max(...options.map(([left]) => left.length)) + 3;
  return [
    usageOf(command),
    command.about,
    `Options:\n${options.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n')}`,
    ...(command.notes ? [command.notes] : []),
    `Example:\n  ${EXAMPLES[command.name]}`,
  ].join('\n\n');
}

/** What `npm run help` knows of a script: what it does, and an example. Throws UsageError for one that there is not. */
export function scriptHelp(name: string): string {
  const about = Object.values(COMMAND_GROUPS).find((group) => Object.hasOwn(group, name))?.[name];
  if (about === undefined) throw new UsageError(`There is no command "${name}": npm run help lists them.`);
  return `${about}\n\nExample:\n  ${EXAMPLES[name]}`;
}

/** Of a script that is no Command: prints its help and ends the process where `--help` was typed. */
export function helpIfAsked(name: string): void {
  if (!process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) return;
  console.log(scriptHelp(name));
  process.exit(0);
}

function usageOf({ name, usage }: Pick<Command<Options>, 'name' | 'usage'>): string {
  return `Usage:\n${usage.map((form) => `  npm run ${name} --${form ? ` ${form}` : ''}`.replace(/ --$/, '')).join('\n')}`;
}
