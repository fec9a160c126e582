import { runCommand, scriptHelp, UsageError } from './command.ts';
import { COMMAND_GROUPS, typed } from './guides/command-help.ts';

// `npm run help`: all commands, by what one wants to do.

async function help(_: object, [name, ...rest]: string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError('Say one command, or none.');
  if (name !== undefined) return console.log(scriptHelp(name));
  const groups = Object.entries(COMMAND_GROUPS);
  const width = Math.max(
    ...groups.flatMap(([, group]) => Object.keys(group).map((one) => typed(one).length)),
  );
  for (const [title, group] of groups) {
    console.log(`${title}\n`);
    for (const [one, about] of Object.entries(group)) console.log(`  ${typed(one).padEnd(width)}  ${about}`);
    console.log();
  }
  console.log(
    'What a command takes: `npm run NAME -- --help`. What one is for, with an example: `npm run help -- NAME`.',
  );
}

await runCommand({
  name: 'help',
  usage: ['[NAME]'],
  about: 'Lists all commands by what one wants to do, or says what one of them is for.',
  options: {},
  run: help,
});
