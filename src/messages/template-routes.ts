import { z } from '@hono/zod-openapi';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { LANGUAGES } from '../lib/language.ts';
import type { MailTemplate } from './templates/mail-data.ts';
import { render } from './templates/render.ts';
import { SAMPLE_BRAND, SAMPLES } from './templates/samples.ts';

const TemplateListSchema = z.object({
  data: z.array(z.object({ template: z.string(), languages: z.array(z.string()), renders: z.boolean() })),
  next_cursor: z.null(),
});

/**
 * Lists the mails, and whether each can be rendered. The answer is the same for everybody and no secret. The route is
 * hidden and exists only with the dialect of auth_service, whose clients call it.
 */
export function mailTemplateRoutes() {
  return featureRouter().openapi(
    createRoute({
      hide: true,
      operationId: 'mailTemplates.list',
      method: 'get',
      path: '/v1/mail-templates',
      level: PUBLIC,
      summary: 'The templates of mails',
      responses: responses({ 200: json(TemplateListSchema, 'All of them') }, {}),
    }),
    (c) => {
      templates ??= listTemplates();
      return c.json({ data: templates, next_cursor: null }, 200);
    },
  );
}

// Made of constants only.
let templates: z.infer<typeof TemplateListSchema>['data'] | undefined;

function listTemplates() {
  return (Object.keys(SAMPLES) as MailTemplate[]).map((template) => ({
    template,
    languages: [...LANGUAGES],
    renders: LANGUAGES.every((language) => canRender(template, language)),
  }));
}

function canRender(template: MailTemplate, language: string): boolean {
  try {
    return render(template, language, SAMPLE_BRAND, SAMPLES[template]).html !== '';
  } catch {
    return false;
  }
}
