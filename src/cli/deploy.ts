import { once } from 'node:events';
import { applyMigrations, runCommand, runWrangler, spawnWrangler } from './d1.ts';
import { checkDeployment, MERGED, writeDeployment } from './deployment.ts';

// `npm run deploy`: the database, its migrations, then the Worker. Flags are those of `wrangler deploy`.

async function deploy(flags: string[]): Promise<void> {
  const config = await writeDeployment();
  checkDeployment(config);
  if (!flags.includes('--dry-run')) {
    for (const { binding, database_name } of config.d1_databases ?? []) {
      await createDatabase(database_name ?? binding);
    }
    // Before the code that needs them: migrations are such that the code before them goes on.
    await applyMigrations({ remote: true });
  }
  // Makes the bucket of avatars too, if it is not there.
  const child = spawnWrangler(['deploy', '--config', MERGED, ...flags], 'inherit');
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
}

/** Makes a database of that name unless the account has it. Throws with what wrangler says when it cannot. */
async function createDatabase(name: string): Promise<void> {
  const list = await runWrangler(['d1', 'list', '--json', '--config', MERGED]);
  if (list.code !== 0) {
    const remedy = 'Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.';
    throw new Error(
      `The databases of the account cannot be listed. ${remedy}\n${list.output}${list.problem}`,
    );
  }
  if ((JSON.parse(list.output) as { name: string }[]).some((database) => database.name === name)) return;
  const made = await runWrangler(['d1', 'create', name, '--config', MERGED]);
  if (made.code !== 0)
    throw new Error(`The database "${name}" cannot be made:\n${made.output}${made.problem}`);
  console.log(`Made the database "${name}".`);
}

await runCommand(() => deploy(process.argv.slice(2)));
