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
    deploy: 'Deploys the Worker.',
    doctor: 'Asks a Latchkey whether it is well: health, issuer, keys, providers, the DNS of its mail.',
    migrate: 'Brings all databases up to the newest migration.',
    'admin:create': 'Makes a user an owner or admin.',
    'users:import': 'Imports users of another system.',
  },
  Operate: {
    backup: 'Copies databases, accounts and pictures into a folder or a bucket, encrypted.',
    restore: 'Makes a Latchkey without users what it was when a backup was made.',
    realm: 'Lists, shows, creates, changes, moves and deletes realms.',
    webhook: 'Lists, shows, adds, changes and deletes webhooks, and delivers events again.',
    hook: 'Lists, sets, tries and deletes hooks: whom a realm asks before it acts.',
    'keys:rotate': 'Shows when signing keys change, or lets the next one take over now.',
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
    'bench:startup': 'Measures what a cold start costs.',
    'bench:timing': 'Measures whether answers take equally long for known and unknown users.',
    'bench:cost': 'Counts what each operation writes, and what a million of it cost.',
    'bench:admin': 'Measures the admin API with many users.',
    'bench:hashes': 'Measures what one check of each kind of imported hash takes.',
    'bench:identity-index':
      'Registers and moves users of one realm whose addresses lie in 16 databases, while statements fail.',
  },
};

/** How a script is run. */
export function typed(name: string): string {
  return ['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`;
}
