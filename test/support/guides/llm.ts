import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it says, piece by piece. */
const PIECES = ['A tower ', 'with a light ', 'for ships.'];

/** A language model for guides: says the same to all, as OpenAI's chat completions stream it, and counts 42 tokens. */
export async function startLlm(): Promise<{ port: string; stop(): void }> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { model, stream, stream_options } = JSON.parse(body);
    if (request.url !== '/v1/chat/completions' || !stream || !stream_options?.include_usage) {
      response.writeHead(400).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (more: object) =>
      response.write(
        `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', model, ...more })}\n\n`,
      );
    for (const content of PIECES) say({ choices: [{ index: 0, delta: { content } }] });
    say({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42 } });
    response.end('data: [DONE]\n\n');
  }).listen(0);
  await once(server, 'listening');
  return { port: String((server.address() as AddressInfo).port), stop: () => void server.close() };
}
