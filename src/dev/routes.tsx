import { Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { ApiError } from '../errors.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import type { MailTemplate } from '../messages/templates/mail-data.ts';
import { render } from '../messages/templates/render.ts';
import { SAMPLE_BRAND, SAMPLES } from '../messages/templates/samples.ts';
import { show, showMail, viewFor } from '../pages/kit/view.ts';
import { KitPage } from './kit.tsx';
import { GalleryPage, MailboxPage } from './pages.tsx';
import { type DevMessage, readMessage, readMessages } from './store.ts';

const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'";

/** What development has to look at: the mails and texts that the `dev` providers keep, all templates, and all parts of pages. */
export function devRoutes(d1: D1Database) {
  return new Hono<AppEnv>()
    .get('/dev/kit', (c) => {
      const view = viewFor(c);
      return show(c, view, <KitPage view={view} />);
    })
    .get('/dev/mailbox', async (c) => page(c, <MailboxPage messages={await readMessages(d1)} />))
    .get('/dev/mailbox.json', async (c) => c.json({ data: (await readMessages(d1)).map(messageShape) }))
    .get('/dev/mailbox/:id', async (c) => {
      const message = await readMessage(d1, c.req.param('id'));
      if (!message?.html) throw new ApiError('not_found');
      return showMail(c, message.html);
    })
    .get('/dev/mail-templates', (c) => page(c, <GalleryPage templates={Object.keys(SAMPLES)} />))
    .get('/dev/mail-templates/:template/:locale', (c) => {
      const template = c.req.param('template') as MailTemplate;
      if (!Object.hasOwn(SAMPLES, template)) throw new ApiError('not_found');
      return showMail(c, render(template, c.req.param('locale'), SAMPLE_BRAND, SAMPLES[template]).html);
    });
}

function messageShape(message: DevMessage) {
  const { created_at, ...fields } = message;
  return { ...fields, created_at: new Date(created_at).toISOString() };
}

function page(c: AppContext, content: JSX.Element) {
  c.header('Content-Security-Policy', PAGE_POLICY);
  return c.html(`<!doctype html>${content}`);
}
