import { messages } from '../kit/messages.ts';

/** What the overview of a realm says. */
export const overviewMessages = messages({
  en: {
    users: 'Users',
    newToday: 'New today',
    activeToday: 'Active today',
    signInsToday: 'Sign-ins today',
    sessions: 'Active sessions',
    verified: 'Verified addresses',
    secondFactors: 'With a second factor',
    anonymous: 'Anonymous users',
    suspended: 'Suspended',
    usedToday: (resource: string) => `${resource} today`,
    days: (days: number) => `The last ${days} days`,
    fresh: (seconds: string) =>
      `Sign-ups and sign-ins are seconds old, what was used at most ${seconds} seconds.`,
    sinkWorks: (sink: string, waiting: string) =>
      `Events go to ${sink}. Entries of the audit log that wait for it: ${waiting}.`,
    sinkFails: (sink: string, since: string, error: string, waiting: string) =>
      `Events wait: ${sink} has failed since ${since} (${error}). Entries of the audit log that wait: ${waiting}.`,
    sinkDropped: (dropped: string) => `Events that it will never have: ${dropped}.`,
    webhooksFail: (count: string) =>
      `Webhooks that get nothing: ${count}. See why, and switch them on again.`,
    messagesDead: (count: string) => `Messages that were given up: ${count}. See why, and send them again.`,
    billingFails: 'Events of Stripe could not be handled. See why, and replay them.',
    cronLate:
      'What the cron should have done minutes ago still waits. See whether its triggers are there (Workers & Pages, Settings), and what the log says under cron_failed.',
    keysDue:
      'A signing key should have changed. See what the log says under cron_failed for rotate_signing_keys; npm run keys:rotate says what is next.',
    auditFails:
      'The stream of audits is not taken. See what the log says under audit_stream_failed; nothing is lost, it waits.',
    signUps: 'Sign-ups',
    signIns: 'Sign-ins',
    activeUsers: 'Active users',
    use: (resource: string) => `Use of ${resource}`,
    models: 'Tokens by model',
    noModels: 'No model was used in these days.',
    model: 'Model',
    input: 'Input',
    output: 'Output',
    requests: 'Requests',
    recent: 'Newest users',
    top: (resource: string) => `Most ${resource} this month`,
    deleted: 'Deleted user',
    plans: 'Plans and revenue',
    plan: 'Plan',
    subscriptions: 'Subscriptions',
    perMonth: 'A month',
    allPlans: 'All plans',
    revenueHint:
      'Monthly revenue at list price, before discounts and taxes. Trials and overdue subscriptions count.',
    noRevenue: 'Nobody has a subscription yet.',
    providers: 'Ways to sign in',
    provider: 'By',
    password: 'Password',
    passkey: 'Passkey',
    noProviders: 'No user has a password or an account of a provider.',
    providersHint: 'A user who has several counts for each.',
    chartTotal: (total: string) => `${total} in all`,
    chartMost: (most: string) => `most in a day: ${most}`,
    chartSummary: (title: string, total: string, most: string) =>
      `${title} by day: ${total} in all, ${most} on the busiest day`,
    asTable: 'Show the numbers',
  },
  de: {
    users: 'Benutzer',
    newToday: 'Heute neu',
    activeToday: 'Heute aktiv',
    signInsToday: 'Anmeldungen heute',
    sessions: 'Offene Sitzungen',
    verified: 'Bestätigte Adressen',
    secondFactors: 'Mit zweitem Faktor',
    anonymous: 'Anonyme Nutzer',
    suspended: 'Gesperrt',
    usedToday: (resource) => `${resource} heute`,
    days: (days) => `Die letzten ${days} Tage`,
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
    use: (resource) => `Verbrauch: ${resource}`,
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
    provider: 'Mit',
    password: 'Passwort',
    passkey: 'Passkey',
    noProviders: 'Niemand hat ein Passwort oder ein Konto eines Anbieters.',
    providersHint: 'Wer mehrere hat, zählt bei jedem.',
    chartTotal: (total) => `insgesamt ${total}`,
    chartMost: (most) => `höchstens am Tag: ${most}`,
    chartSummary: (title, total, most) =>
      `${title} nach Tagen: insgesamt ${total}, höchstens ${most} an einem Tag`,
    asTable: 'Zahlen zeigen',
  },
});
