import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/cli/guides/guide.ts';
import { ROOT } from '../../src/cli/root.ts';
import { newKeyPair, publicKeyOf, signedHeaders } from '../../src/webhooks/signature.ts';
import { blocksOf } from '../support/guides/blocks.ts';

// The receivers of the guide, as they stand there, take what we sign and nothing else.

const pair = newKeyPair();
const body = JSON.stringify({ id: 'evt_1', type: 'user.created', data: { by: 'registration' } });
const headers = signedHeaders(
  'evt_1',
  body,
  { current: newKeyPair(), previous: { ...pair, until: Number.MAX_VALUE } },
  Date.now(),
);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-receivers-'));
/** What the blocks export, all together. */
const receivers = {} as {
  receive(request: Request, secret: string): Promise<Response>;
  server: Server;
  verified(body: string, headers: Record<string, string>, secret: string): unknown;
  app: Hono<{ Bindings: { WEBHOOK_SECRET: string } }>;
  isGenuine(body: string, headers: Headers, publicKey: string): Promise<boolean>;
};

beforeAll(async () => {
  process.env.WEBHOOK_SECRET = pair.secret;
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const blocks = blocksOf(readDocument('src/docs/guides/webhooks.md')).filter(
    ({ language }) => language === 'ts',
  );
  for (const [index, { text }] of blocks.entries()) {
    const path = join(folder, `receiver-${index}.mts`);
    // The package as its sources are: how it is built is tested where it is.
    writeFileSync(path, text.replace('@latchkey/client/webhooks', join(ROOT, 'src/client/webhooks.ts')));
    Object.assign(receivers, await import(/* @vite-ignore */ pathToFileURL(path).href));
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

const posted = (text: string) => ({ method: 'POST', body: text, headers });

it('of the form of a fetch handler', async () => {
  const status = async (text: string, secret: string) =>
    (await receivers.receive(new Request('https://example.com/', posted(text)), secret)).status;
  expect(await status(body, pair.secret)).toBe(204);
  expect(await status(`${body} `, pair.secret)).toBe(401);
  expect(await status(body, newKeyPair().secret)).toBe(401);
});

it('of Node', async () => {
  await new Promise<void>((done) => receivers.server.listen(0, '127.0.0.1', done));
  const { port } = receivers.server.address() as AddressInfo;
  const status = async (text: string) => (await fetch(`http://127.0.0.1:${port}/`, posted(text))).status;
  expect([await status(body), await status(`${body} `)]).toEqual([204, 401]);
  receivers.server.close();
});

it('of Hono, by the client package', async () => {
  const status = async (text: string, secret = pair.secret) =>
    (await receivers.app.request('/hooks', posted(text), { WEBHOOK_SECRET: secret })).status;
  expect(await status(body)).toBe(204);
  expect(await status(`${body} `)).toBe(401);
  expect(await status(body, newKeyPair().secret)).toBe(401);
});

it('of svix', () => {
  expect(receivers.verified(body, headers, pair.secret)).toEqual(JSON.parse(body));
  expect(() => receivers.verified(`${body} `, headers, pair.secret)).toThrow();
});

it('that has only the public key', async () => {
  const given = new Headers(headers);
  expect(await receivers.isGenuine(body, given, publicKeyOf(pair))).toBe(true);
  expect(await receivers.isGenuine(`${body} `, given, publicKeyOf(pair))).toBe(false);
  expect(await receivers.isGenuine(body, given, publicKeyOf(newKeyPair()))).toBe(false);
  given.set('webhook-timestamp', String(Number(headers['webhook-timestamp']) - 301));
  expect(await receivers.isGenuine(body, given, publicKeyOf(pair))).toBe(false);
});

/** A test that needs a program which not every machine has; where a run counts it has to be there. */
const itWith = (program: string) => it.runIf(process.env.CI !== undefined || existsSync(program));

/** A receiver of the guide in another language, which says 1 for what is signed; what comes along is in files. */
function run(command: string, args: string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8' }).trim();
}
/** What a receiver knows of a request, beside its body. */
const signed = (given: typeof headers) => [
  given['webhook-id'],
  given['webhook-timestamp'],
  given['webhook-signature'],
  pair.secret,
];
const textOf = (language: string) =>
  blocksOf(readDocument('src/docs/guides/webhooks.md')).find((block) => block.language === language)?.text ??
  '';

describe.each([
  ['as it came', body, headers, '1'],
  ['changed', `${body} `, headers, '0'],
  [
    'late',
    body,
    { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 301) },
    '0',
  ],
])('what comes %s', (_, text, given, expected) => {
  beforeAll(() => {
    writeFileSync(join(folder, 'body'), text);
    writeFileSync(join(folder, 'headers'), JSON.stringify(given));
  });

  itWith('/usr/bin/python3')('of Python', () => {
    const use = `
with open("body", "rb") as body, open("headers") as headers:
    event = verified(body.read(), json.load(headers), "${pair.secret}")
print(1 if event and event["id"] == "evt_1" else 0)`;
    writeFileSync(join(folder, 'receiver.py'), textOf('python') + use);
    expect(run('/usr/bin/python3', ['receiver.py'])).toBe(expected);
  });

  itWith('/usr/bin/php')('of PHP', () => {
    const use = `
$headers = json_decode(file_get_contents('headers'), true);
$event = verified(file_get_contents('body'), $headers, '${pair.secret}');
echo ($event['id'] ?? '') === 'evt_1' ? 1 : 0;`;
    writeFileSync(join(folder, 'receiver.php'), textOf('php') + use);
    expect(run('/usr/bin/php', ['receiver.php'])).toBe(expected);
  });

  itWith('/usr/bin/ruby')('of Ruby', () => {
    const use = `
event = verified(File.read('body'), ARGV[0], ARGV[1], ARGV[2], ARGV[3])
puts event && event['id'] == 'evt_1' ? 1 : 0`;
    writeFileSync(join(folder, 'receiver.rb'), textOf('ruby') + use);
    expect(run('/usr/bin/ruby', ['receiver.rb', ...signed(given)])).toBe(expected);
  });

  itWith('/usr/bin/go')(
    'of Go',
    () => {
      const use = `
func main() {
	file, _ := os.Open("body")
	request, _ := http.NewRequest("POST", "https://example.com/hooks", file)
	for at, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		request.Header.Set(name, os.Args[at+1])
	}
	if body, ok := Verified(request, os.Args[4]); ok && strings.Contains(string(body), "evt_1") {
		fmt.Println(1)
	} else {
		fmt.Println(0)
	}
}`;
      const source = textOf('go').replace('import (', 'package main\n\nimport (\n\t"fmt"\n\t"os"');
      writeFileSync(join(folder, 'receiver.go'), source + use);
      expect(run('/usr/bin/go', ['run', 'receiver.go', ...signed(given)])).toBe(expected);
    },
    120_000,
  );

  itWith('/usr/bin/javac')('of Java', () => {
    const use = `
class Receiver {
    public static void main(String[] args) throws Exception {
        byte[] body = java.nio.file.Files.readAllBytes(java.nio.file.Path.of("body"));
        System.out.println(Webhooks.isGenuine(body, args[0], args[1], args[2], args[3]) ? 1 : 0);
    }
}`;
    const [imports = '', rest = ''] = textOf('java').split(/(?=final class)/);
    writeFileSync(join(folder, 'Receiver.java'), `${imports}${use}\n${rest}`);
    expect(run('/usr/bin/java', ['Receiver.java', ...signed(given)])).toBe(expected);
  });
});
