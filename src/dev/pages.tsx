import { LANGUAGES } from '../lib/language.ts';
import type { DevMessage } from './store.ts';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem; }
h1 { font-size: 1.375rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
details { border-bottom: 1px solid #8886; padding: .75rem 0; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: 0 1rem; }
summary strong { flex: 1 1 16rem; } .soft { opacity: .7; overflow-wrap: anywhere; }
iframe { width: 100%; height: 44rem; border: 1px solid #8886; border-radius: .375rem; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #8886; padding-left: 1rem; }
a { color: inherit; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
`;

function Frame(props: { title: string; children: unknown }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{props.title}</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>{props.title}</h1>
        {props.children}
      </body>
    </html>
  );
}

/** A text with its links to be followed. */
function linked(text: string) {
  return text.split(/(https?:\/\/\S+)/).map((part, at) => (at % 2 === 1 ? <a href={part}>{part}</a> : part));
}

/** Every message as it would have been sent. */
export function MailboxPage({ messages }: { messages: DevMessage[] }) {
  return (
    <Frame title="Mailbox">
      <p class="soft">
        What Latchkey would have sent, newest first. The same as JSON:{' '}
        <a href="/dev/mailbox.json">/dev/mailbox.json</a>. All templates:{' '}
        <a href="/dev/mail-templates">/dev/mail-templates</a>.
      </p>
      {messages.length === 0 && <p>Nothing yet. Register a user, and look again.</p>}
      {messages.map((message, at) => (
        <details open={at === 0}>
          <summary>
            <strong>{message.subject ?? message.text.split('\n')[0]}</strong>
            <span class="soft">
              {message.channel === 'sms' ? 'Text' : 'Mail'} to {message.recipient}
            </span>
            <time class="soft" datetime={new Date(message.created_at).toISOString()}>
              {new Date(message.created_at).toISOString().slice(0, 19).replace('T', ' ')} UTC
            </time>
          </summary>
          <p class="soft">From {message.sender}</p>
          <pre>{linked(message.text)}</pre>
          {message.html && (
            <iframe title={message.subject ?? ''} src={`/dev/mailbox/${message.id}`} loading="lazy" />
          )}
        </details>
      ))}
    </Frame>
  );
}

/** Every template with sample data, in each language. */
export function GalleryPage({ templates }: { templates: string[] }) {
  return (
    <Frame title="Mail templates">
      {templates.map((template) => (
        <section>
          <h2>{template}</h2>
          <div class="pair">
            {LANGUAGES.map((locale) => (
              <iframe
                title={`${template} ${locale}`}
                src={`/dev/mail-templates/${template}/${locale}`}
                loading="lazy"
              />
            ))}
          </div>
        </section>
      ))}
    </Frame>
  );
}
