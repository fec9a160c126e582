/** What each npm script does, for the guide of commands. */
export const COMMAND_HELP: Record<string, string> = {
  prepare:
    'Writes `generated/`: static assets, the guides, the list of common passwords. `npm ci`, `npm start` and `npm test` run it.',
  start:
    'Makes missing secrets, migrates the local database and starts the server on port 8787. Flags after `--` are those of `wrangler dev`.',
  test: 'Runs all tests but those in a browser. Arguments after `--` choose files.',
  'test:browser':
    'Runs the tests in Chromium. `CHROMIUM` names another binary, `SCREENSHOTS` a directory for pictures.',
  typecheck: 'Checks the types of the whole project.',
  lint: 'Checks style and format.',
  format: 'Mends style and format.',
  deploy: 'Deploys the Worker.',
  doctor: 'Asks a Latchkey whether it is well: health, issuer, keys, providers, the DNS of its mail.',
  migrate: 'Brings all databases up to the newest migration.',
  realm: 'Lists, shows, creates, changes, moves and deletes realms.',
  client: 'Lists, shows, registers, changes and deletes clients of the authorization server.',
  resource: 'Lists, shows, names, changes and removes what tokens of clients may be for.',
  webhook: 'Lists, shows, adds, changes and deletes webhooks, and delivers events again.',
  hook: 'Lists, sets, tries and deletes hooks: whom a realm asks before it acts.',
  'admin:create': 'Makes a user an owner or admin.',
  'users:import': 'Imports users of another system.',
  seed: 'Fills the local database with made-up users and numbers.',
  'audit:verify': 'Checks that the stream of audits is whole: no entry missing, changed or put in.',
  secrets: 'Encrypts what is stored under the present `AUTH_SECRET`, after it was changed.',
  'keys:rotate': 'Shows when signing keys change, or lets the next one take over now.',
  'build:client': 'Makes the package `@latchkey/client` in `generated/client`, ready to be published.',
  docs: 'Writes the generated parts of the guides, such as this table.',
  bench: 'Measures throughput and latency.',
  'bench:startup': 'Measures what a cold start costs.',
  'bench:timing': 'Measures whether answers take equally long for known and unknown users.',
  'bench:cost': 'Counts what each operation writes, and what a million of it cost.',
  'bench:admin': 'Measures the admin API with many users.',
  'bench:hashes': 'Measures what one check of each kind of imported hash takes.',
  'bench:identity-index':
    'Registers and moves users of one realm whose addresses lie in 16 databases, while statements fail.',
};
