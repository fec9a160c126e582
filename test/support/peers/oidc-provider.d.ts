/** The package has no types: what is used of it. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): RequestListener;
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{ prompt: { name: string } }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }

  export const errors: { InvalidTarget: new () => Error };

  export const interactionPolicy: {
    base(): { add(prompt: object): void };
    Prompt: new (of: { name: string; requestable: boolean }) => object;
  };
}
