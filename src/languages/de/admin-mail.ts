import type { Texts } from '../texts.ts';

/** In German. */
export const adminMail: Texts['adminMail'] = {
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
  preview: 'Vorschau',
  previewText:
    'So sieht eine solche E-Mail aus, mit erfundenen Namen und Links: Was in dieser stand, wird nie gezeigt.',
  done: {
    retried: 'Die Nachricht ist wieder unterwegs.',
    tested: 'Eine Testnachricht ist unterwegs an Ihre Adresse.',
  },
};
