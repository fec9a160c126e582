import { COMMAND_GROUPS, typed } from './guides/command-help.ts';

// `npm run help`: all commands, by what one wants to do.

const width = Math.max(
  ...Object.values(COMMAND_GROUPS).flatMap((group) => Object.keys(group).map((name) => typed(name).length)),
);

for (const [title, group] of Object.entries(COMMAND_GROUPS)) {
  console.log(`${title}\n`);
  for (const [name, help] of Object.entries(group)) console.log(`  ${typed(name).padEnd(width)}  ${help}`);
  console.log();
}
console.log('What a command takes: `npm run NAME -- --help`.');
