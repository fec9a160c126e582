import { DATABASE, runCommand, UsageError } from './command.ts';
import { applyMigrations } from './d1.ts';

// `npm run migrate`: the tables of all databases.

await runCommand({
  name: 'migrate',
  usage: ['[options]'],
  about:
    'Brings all databases that are bound up to the newest migration, `DB` first. `npm start` and `npm run deploy` do so too.',
  options: DATABASE,
  run: async (values, positionals) => {
    if (positionals.length > 0) throw new UsageError('It takes no arguments.');
    for (const name of await applyMigrations(values)) console.log(`${name} has the newest migration.`);
  },
});
