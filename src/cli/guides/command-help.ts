/** What each npm script does, by what one wants to do: for `npm run help` and the guide of commands. */
export const COMMAND_GROUPS: Record<string, Record<string, string>> = {
  'Begin, and develop with it': {
    start:
      'Makes missing secrets, migrates the local database and starts the server on port 8787. Flags after `--` are those of `wrangler dev`.',
    seed: 'Fills the local database with made-up users and numbers.',
    client: 'Lists, shows, registers, changes and deletes clients of the authorization server.',
    resource: 'Lists, shows, names, changes and removes what tokens of clients may be for.',
    'build:client': 'Makes the package `@latchkey/client` in `generated/client`, ready to be published.',
    prepare:
      'Writes `generated/`: static assets, the guides, the list of common passwords. `npm ci`, `npm start` and `npm test` run it.',
    help: 'Shows this.',
  },
  'Go into production, and stay there': {
    setup:
      'From nothing to production: asks what it must, makes all that is needed, deploys, and looks whether all is well. Again without harm.',
    deploy:
      'Brings the database up to date and deploys the Worker; takes it back where it is not well afterwards.',
    doctor: 'Asks a Latchkey whether it is well: health, issuer, keys, providers, the DNS of its mail.',
    migrate: 'Brings all databases up to the newest migration.',
    'admin:create': 'Makes a user an owner or admin.',
    'users:import': 'Imports users of another system.',
    'organizations:import': 'Imports organizations with their members, after their users.',
  },
  Operate: {
    backup: 'Copies databases, accounts and pictures into a folder or a bucket, encrypted.',
    restore: 'Makes a Latchkey without users what it was when a backup was made.',
    realm: 'Lists, shows, creates, changes, moves and deletes realms.',
    webhook: 'Lists, shows, adds, changes and deletes webhooks, and delivers events again.',
    hook: 'Lists, sets, tries and deletes hooks: whom a realm asks before it acts.',
    'keys:rotate': 'Makes signing keys due before their time, and says when the next one signs.',
    secrets: 'Encrypts what is stored under the present `AUTH_SECRET`, after it was changed.',
    'audit:verify': 'Checks that the stream of audits is whole: no entry missing, changed or put in.',
  },
  'Change Latchkey itself': {
    test: 'Runs all tests but those in a browser. Arguments after `--` choose files.',
    'test:browser':
      'Runs the tests in Chromium. `CHROMIUM` names another binary, `SCREENSHOTS` a directory for pictures.',
    typecheck: 'Checks the types of the whole project.',
    lint: 'Checks style and format.',
    format: 'Mends style and format.',
    docs: 'Writes the generated parts of the guides, such as this table.',
  },
  Measure: {
    bench: 'Measures throughput and latency.',
    'bench:beside': 'Measures session checks, sign-ins and sign-ups beside Better Auth.',
    'bench:startup': 'Measures what a cold start costs.',
    'bench:timing': 'Measures whether answers take equally long for known and unknown users.',
    'bench:cost': 'Counts what each operation writes, and what a million of it cost.',
    'bench:admin': 'Measures the admin API with many users.',
    'bench:hashes': 'Measures what one check of each kind of imported hash takes.',
    'bench:identity-index':
      'Registers and moves users of one realm whose addresses lie in 16 databases, while statements fail.',
  },
};

/** An example of each. */
export const EXAMPLES: Record<string, string> = {
  start: 'npm start -- --port 9000 --persist-to ./state',
  seed: 'npm run seed -- --persist-to ./seeded --users 10000 --days 30',
  client: 'npm run client -- create --name "Acme Web" --redirect https://app.acme.dev/callback --env staging',
  resource:
    'npm run resource -- create --name "Acme API" --resource https://api.acme.dev --scope images:read',
  'build:client': 'npm run build:client && npm publish ./generated/client',
  prepare: 'npm run prepare',
  help: 'npm run help -- deploy',
  setup:
    'npm run setup -- --yes --origin https://auth.acme.dev --mail-provider resend --operator ada@acme.dev',
  deploy: 'npm run deploy -- --env staging',
  doctor: 'npm run doctor -- --remote',
  migrate: 'npm run migrate -- --env staging',
  'admin:create': 'npm run admin:create -- ada@acme.dev --remote',
  'users:import': 'npm run users:import -- users.csv --from auth0 --dry-run',
  'organizations:import': 'npm run organizations:import -- organizations.ndjson --source auth0 --dry-run',
  realm: 'npm run realm -- create acme --name "Acme" --env staging',
  webhook: 'npm run webhook -- create --address https://app.acme.dev/webhooks --event user.created',
  hook: 'npm run hook -- set before.registration --address https://app.acme.dev/hook --on-failure allow',
  'keys:rotate': 'npm run keys:rotate -- --realm acme --remote',
  backup: 'LATCHKEY_API_KEY=lkk_… npm run backup -- backups/monday --remote --bucket latchkey-backups',
  restore: 'LATCHKEY_BACKUP_PASSPHRASE=… LATCHKEY_API_KEY=… npm run restore -- backups/monday --remote',
  secrets: 'LATCHKEY_API_KEY=lkk_… npm run secrets -- re-encrypt --remote',
  'audit:verify': 'npm run audit:verify -- --files ./audit --from 1',
  test: 'npm test -- test/plans',
  'test:browser': 'SCREENSHOTS=./pictures npm run test:browser',
  typecheck: 'npm run typecheck',
  lint: 'npm run lint',
  format: 'npm run format',
  docs: 'npm run docs',
  bench: 'npm run bench -- --only refresh --rounds 3',
  'bench:beside': 'npm run bench:beside -- --rounds 3',
  'bench:startup': 'npm run bench:startup -- --rounds 5',
  'bench:timing': 'npm run bench:timing',
  'bench:cost': 'npm run bench:cost -- --json',
  'bench:admin': 'npm run bench:admin -- --persist-to ./seeded',
  'bench:hashes': 'npm run bench:hashes -- --rounds 3',
  'bench:identity-index': 'npm run bench:identity-index',
};

/** How a script is run. */
export function typed(name: string): string {
  return ['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`;
}
