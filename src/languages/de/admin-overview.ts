import type { Texts } from '../texts.ts';

/** In German. */
export const adminOverview: Texts['adminOverview'] = {
  attention: 'Braucht Aufmerksamkeit',
  range: 'Zeitraum',
  ranges: { '7d': '7 Tage', '30d': '30 Tage', '90d': '90 Tage', '12m': '12 Monate' },
  figures: 'Zahlen',
  perDay: (title) => `${title} am Tag`,
  weekOf: (day) => `Woche ab ${day}`,
  trend: (title, total) =>
    `${title} im Verlauf: insgesamt ${total}. Eine gestrichelte Linie zeigt den Zeitraum davor.`,
  used: 'Nutzung',
  now: 'Im Moment',
  users: 'Benutzer',
  sessions: 'Offene Sitzungen',
  verified: 'Bestätigte Adressen',
  secondFactors: 'Mit zweitem Faktor',
  anonymous: 'Anonyme Nutzer',
  suspended: 'Gesperrt',
  fresh: (seconds) =>
    `Neue Konten und Anmeldungen sind Sekunden alt, die Nutzung höchstens ${seconds} Sekunden.`,
  sinkWorks: (sink, waiting) =>
    `Ereignisse gehen an ${sink}. Einträge des Prüfprotokolls, die darauf warten: ${waiting}.`,
  sinkFails: (sink, since, error, waiting) =>
    `Ereignisse warten: ${sink} antwortet nicht richtig seit ${since} (${error}). Wartende Einträge des Prüfprotokolls: ${waiting}.`,
  sinkDropped: (dropped) => `Ereignisse, die dort nie ankommen: ${dropped}.`,
  webhooksFail: (count) =>
    `Webhooks, bei denen nichts ankommt: ${count}. Sehen Sie nach, warum, und schalten Sie sie wieder ein.`,
  messagesDead: (count) =>
    `Aufgegebene Nachrichten: ${count}. Sehen Sie nach, warum, und senden Sie sie noch einmal.`,
  billingFails:
    'Ereignisse von Stripe ließen sich nicht verarbeiten. Sehen Sie nach, warum, und spielen Sie sie noch einmal ab.',
  cronLate:
    'Was der Cron vor Minuten hätte tun sollen, wartet noch. Sehen Sie nach, ob es seine Auslöser gibt (Workers & Pages, Settings), und was im Log unter cron_failed steht.',
  keysDue:
    'Ein Signierschlüssel hätte wechseln sollen. Sehen Sie nach, was im Log unter cron_failed zu rotate_signing_keys steht; npm run keys:rotate sagt, was als Nächstes kommt.',
  auditFails:
    'Der Strom der Protokolle wird nicht angenommen. Sehen Sie nach, was im Log unter audit_stream_failed steht; nichts geht verloren, es wartet.',
  signUps: 'Neue Konten',
  signIns: 'Anmeldungen',
  activeUsers: 'Aktive Benutzer',
  models: 'Token nach Modell',
  noModels: 'In diesen Tagen wurde kein Modell benutzt.',
  model: 'Modell',
  input: 'Eingabe',
  output: 'Ausgabe',
  requests: 'Anfragen',
  recent: 'Neueste Benutzer',
  top: (resource) => `Am meisten ${resource} in diesem Monat`,
  deleted: 'Gelöschter Benutzer',
  plans: 'Tarife und Einnahmen',
  plan: 'Tarif',
  subscriptions: 'Abos',
  perMonth: 'Im Monat',
  allPlans: 'Alle Tarife',
  revenueHint:
    'Was Abos zu ihrem Preis bringen, ohne Rabatte und Steuern. Auch Probezeiten und überfällige Zahlungen zählen.',
  noRevenue: 'Noch hat niemand ein Abo.',
  providers: 'Wege der Anmeldung',
  provider: 'Weg',
  password: 'Passwort',
  passkey: 'Passkey',
  noProviders: 'Niemand hat ein Passwort oder ein Konto eines Anbieters.',
  providersHint: 'Wer mehrere hat, zählt bei jedem.',
  asTable: 'Zahlen zeigen',
};
