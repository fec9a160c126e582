import { messages } from '../kit/messages.ts';

/** What the pages of mails and text messages say. */
export const mailMessages = messages({
  en: {
    text: 'Emails and text messages of the last 30 days. Their content is never shown: it may be a link or a code.',
    statuses: { pending: 'Waiting', dead: 'Given up', sent: 'Sent', void: '' },
    channels: { mail: 'Email', sms: 'Text message' },
    channel: 'Kind',
    message: 'Message',
    recipient: 'To',
    language: 'Language',
    nextAttempt: 'Next try',
    expires: 'Useful until',
    settled: 'Sent or given up',
    retry: 'Send again now',
    test: 'Send me a test message',
    notRetriable: 'It cannot be sent again: it was sent, or its content is of no use any more.',
    error: 'Last error',
    done: {
      retried: 'The message is on its way again.',
      tested: 'A test message is on its way to your address.',
    } as Record<string, string | undefined>,
  },
  de: {
    text: 'E-Mails und Textnachrichten der letzten 30 Tage. Ihr Inhalt wird nie gezeigt: Er kann ein Link oder Code sein.',
    statuses: { pending: 'Wartet', dead: 'Aufgegeben', sent: 'Gesendet', void: '' },
    channels: { mail: 'E-Mail', sms: 'Textnachricht' },
    channel: 'Art',
    message: 'Nachricht',
    recipient: 'An',
    language: 'Sprache',
    nextAttempt: 'Nächster Versuch',
    expires: 'Sinnvoll bis',
    settled: 'Gesendet oder aufgegeben',
    retry: 'Jetzt noch einmal senden',
    test: 'Testnachricht an mich senden',
    notRetriable:
      'Sie kann nicht noch einmal gesendet werden: Sie wurde gesendet, oder ihr Inhalt nützt nichts mehr.',
    error: 'Letzter Fehler',
    done: {
      retried: 'Die Nachricht ist wieder unterwegs.',
      tested: 'Eine Testnachricht ist unterwegs an Ihre Adresse.',
    },
  },
});
