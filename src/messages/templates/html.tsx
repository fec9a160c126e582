import { buttonColors, DARK, LIGHT } from '../../lib/color.ts';
import type { MailParts } from './content.ts';

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,'SF Mono',Menlo,Consolas,monospace";
const TEXT = `margin:0 0 16px;font-size:16px;line-height:24px;color:${LIGHT.text}`;
const QUIET = `font-size:14px;line-height:20px;color:${LIGHT.quiet}`;
/** Fills the preview that mail programs show after the subject, so that it does not continue with the mail's text. */
const FILLER = '\u034f\u200c\u00a0'.repeat(90);

/** Rules that cannot stand in the elements. They have no quotes, `&` and `>`, which JSX escapes where CSS has no such escapes. */
const style = (darkEdge: string) => `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) {
  .card { padding: 28px 20px !important; }
  .button { width: 100% !important; }
  .button a { display: block !important; text-align: center !important; }
}
@media (prefers-color-scheme: dark) {
  .page { background-color: ${DARK.page} !important; }
  .card { background-color: ${DARK.card} !important; }
  .card { border-left-color: ${DARK.line} !important; border-right-color: ${DARK.line} !important; }
  .card { border-bottom-color: ${DARK.line} !important; }
  .text { color: ${DARK.text} !important; }
  .quiet { color: ${DARK.quiet} !important; }
  .line { border-color: ${DARK.line} !important; }
  .code { background-color: ${DARK.page} !important; border-color: ${DARK.line} !important; }
  .button a { border-color: ${darkEdge} !important; }
}`;

/**
 * The HTML of a mail. One column of tables, which every mail program can lay out. The styles stand in the elements,
 * because some programs keep no others. The mail loads nothing.
 */
export function html(content: MailParts): string {
  const { language, subject, preview, brand, title, greeting, opening, advice, closing, footer } = content;
  const colors = buttonColors(content.color);
  const document = (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <title>{subject}</title>
        <style>{style(colors.darkEdge)}</style>
      </head>
      <body class="page" style={`margin:0;padding:0;background-color:${LIGHT.page}`}>
        <div style="display:none;max-height:0;overflow:hidden;mso-hide:all" aria-hidden="true">
          {preview}
          {FILLER}
        </div>
        {/* Mail programs that drop the body and html elements keep this one. */}
        <div class="page" lang={language} style={`background-color:${LIGHT.page};padding:24px 12px;${FONT}`}>
          {/* Outlook on Windows knows the width only, the others bend to the window. */}
          <table role="presentation" align="center" cellpadding="0" cellspacing="0" style={COLUMN}>
            <tr>
              <td class="text" style={`padding:0 4px 12px;${TEXT};font-weight:600`}>
                {brand}
              </td>
            </tr>
            <tr>
              <td class="card" style={card(colors.background)}>
                <h1 class="text" style={TITLE}>
                  {title}
                </h1>
                <Paragraphs of={[greeting, ...opening]} />
                <Code code={content.code} />
                <Facts facts={content.facts} />
                <Paragraphs of={advice} />
                <Action action={content.action} colors={colors} />
                <Paragraphs of={closing} />
              </td>
            </tr>
            <tr>
              <td class="quiet" style={`padding:16px 4px 0;${QUIET};font-size:13px`}>
                {footer}
              </td>
            </tr>
          </table>
        </div>
      </body>
    </html>
  );
  return `<!doctype html>${document}`;
}

const COLUMN = 'width:600px;max-width:100%;margin:0 auto;border-collapse:separate;table-layout:fixed';
const TITLE = `margin:0 0 20px;font-size:24px;line-height:32px;font-weight:700;color:${LIGHT.text}`;
const card = (stripe: string) =>
  `padding:36px 36px 20px;background-color:${LIGHT.card};border:1px solid ${LIGHT.line};` +
  `border-top:4px solid ${stripe};border-radius:8px;overflow-wrap:anywhere`;

function Paragraphs({ of }: { of: string[] }) {
  return (
    <>
      {of.map((text) => (
        <p class="text" style={TEXT}>
          {text}
        </p>
      ))}
    </>
  );
}

function Code({ code }: Pick<MailParts, 'code'>) {
  if (!code) return null;
  const look =
    `margin:8px 0 24px;padding:16px;border:1px solid ${LIGHT.line};border-radius:8px;text-align:center;` +
    `background-color:${LIGHT.page};font-size:32px;line-height:40px;letter-spacing:6px;color:${LIGHT.text};${MONO}`;
  return (
    <p class="code text" style={look}>
      {code}
    </p>
  );
}

function Facts({ facts }: Pick<MailParts, 'facts'>) {
  if (facts.length === 0) return null;
  const cell = `padding:8px 12px 8px 0;border-top:1px solid ${LIGHT.line};text-align:left;vertical-align:top;`;
  return (
    <table class="line" cellpadding="0" cellspacing="0" style={`width:100%;margin:8px 0 24px;${FONT}`}>
      {facts.map(([label, value]) => (
        <tr>
          <th class="quiet line" scope="row" style={`${cell}${QUIET};font-weight:400;width:120px`}>
            {label}
          </th>
          <td class="text line" style={`${cell}${QUIET};color:${LIGHT.text}`}>
            {value}
          </td>
        </tr>
      ))}
    </table>
  );
}

function Action({ action, colors }: Pick<MailParts, 'action'> & { colors: ReturnType<typeof buttonColors> }) {
  if (!action) return null;
  const button =
    `display:inline-block;padding:12px 24px;border:1px solid ${colors.edge};border-radius:6px;` +
    `background-color:${colors.background};color:${colors.text};font-size:16px;line-height:24px;` +
    'font-weight:600;text-decoration:none';
  return (
    <>
      {/* The cell has the colour too: Outlook on Windows paints no padding of a link. */}
      <table role="presentation" class="button" cellpadding="0" cellspacing="0" style="margin:24px 0">
        <tr>
          <td style={`border-radius:6px;background-color:${colors.background}`}>
            <a href={action.link} style={button}>
              {action.label}
            </a>
          </td>
        </tr>
      </table>
      <p class="quiet" style={`margin:0 0 20px;${QUIET}`}>
        {action.buttonFails}
        <br />
        <a class="quiet" href={action.link} style={`${QUIET};word-break:break-all`}>
          {action.link}
        </a>
      </p>
    </>
  );
}
