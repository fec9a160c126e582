import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { Hono } from 'hono';
import { z } from 'zod';

/** Asks `POST /v1/authorize` of Latchkey, and gives the decision. */
export type Authorize = (
  body: Record<string, unknown>,
) => Promise<{ allowed: boolean; reason: string | null }>;

/** What an MCP server is told of itself: its address, where its metadata stands, and whom it asks. */
export interface McpSettings {
  resource: string;
  metadataUrl: string;
  scope: string;
  authorize: Authorize;
}

/**
 * A sample MCP server behind Latchkey, as a Hono app: each request needs a token of a client for this very server, which is asked
 * strictly, and its one tool is metered.
 */
export function mcpServer({ resource, metadataUrl, scope, authorize }: McpSettings): Hono {
  const app = new Hono();
  app.all(new URL(resource).pathname, async (c) => {
    const [, token] = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const decision = token ? await authorize({ token, scope, audience: resource }) : null;
    if (!decision?.allowed) {
      const challenge = `Bearer resource_metadata="${metadataUrl}", scope="${scope}"`;
      return c.json({ error: decision ? decision.reason : 'no token' }, 401, {
        'WWW-Authenticate': challenge,
      });
    }
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    server.registerTool(
      'take_note',
      { description: 'Keeps a note', inputSchema: { text: z.string() } },
      async ({ text }) => {
        const { allowed, reason } = await authorize({
          token,
          scope,
          audience: resource,
          resource: 'messages',
        });
        return {
          content: [{ type: 'text', text: allowed ? `kept: ${text}` : String(reason) }],
          isError: !allowed,
        };
      },
    );
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    return transport.handleRequest(c.req.raw);
  });
  return app;
}
