import type { Texts } from '../texts.ts';

/** In French. */
export const adminOverview: Texts['adminOverview'] = {
  attention: 'À surveiller',
  range: 'Période',
  ranges: { '7d': '7 jours', '30d': '30 jours', '90d': '90 jours', '12m': '12 mois' },
  figures: 'Chiffres',
  perDay: (title) => `${title} par jour`,
  weekOf: (day) => `Semaine du ${day}`,
  trend: (title, total) =>
    `${title} au fil du temps : ${total} au total. Une ligne en pointillés montre la période précédente.`,
  used: 'Utilisation',
  now: 'En ce moment',
  users: 'Utilisateurs',
  sessions: 'Sessions actives',
  verified: 'Adresses vérifiées',
  secondFactors: 'Avec un second facteur',
  anonymous: 'Utilisateurs anonymes',
  suspended: 'Suspendus',
  fresh: (seconds) =>
    `Les inscriptions et les connexions datent de quelques secondes, l’utilisation de ${seconds} secondes au plus.`,
  sinkWorks: (sink, waiting) =>
    `Les événements vont vers ${sink}. Entrées du journal d’audit en attente : ${waiting}.`,
  sinkFails: (sink, since, error, waiting) =>
    `Des événements attendent : ${sink} échoue depuis le ${since} (${error}). Entrées du journal d’audit en attente : ${waiting}.`,
  sinkDropped: (dropped) => `Événements perdus : ${dropped}.`,
  webhooksFail: (count) => `Webhooks en échec : ${count}. Voyez pourquoi et réactivez-les.`,
  messagesDead: (count) => `Messages non remis : ${count}. Voyez pourquoi et renvoyez-les.`,
  billingFails: 'Des événements de Stripe ont échoué. Voyez pourquoi et traitez-les à nouveau.',
  cronLate:
    'Les tâches planifiées ont plusieurs minutes de retard. Vérifiez que les déclencheurs cron existent (Workers & Pages, Settings) et cherchez cron_failed dans le journal.',
  keysDue:
    'Le renouvellement d’une clé de signature est en retard. Cherchez cron_failed avec rotate_signing_keys dans le journal ; npm run keys:rotate indique la suite.',
  auditFails:
    'Le flux d’audit n’est pas accepté. Cherchez audit_stream_failed dans le journal. Rien n’est perdu : les entrées attendent.',
  signUps: 'Inscriptions',
  signIns: 'Connexions',
  activeUsers: 'Utilisateurs actifs',
  models: 'Jetons par modèle',
  noModels: 'Aucun modèle n’a été utilisé ces jours-là.',
  model: 'Modèle',
  input: 'Entrée',
  output: 'Sortie',
  requests: 'Requêtes',
  recent: 'Utilisateurs les plus récents',
  top: (resource) => `Plus grande utilisation ce mois-ci : ${resource}`,
  deleted: 'Utilisateur supprimé',
  plans: 'Forfaits et revenus',
  plan: 'Forfait',
  subscriptions: 'Abonnements',
  perMonth: 'Par mois',
  allPlans: 'Tous les forfaits',
  revenueHint:
    'Revenu mensuel au prix catalogue, avant remises et taxes. Les essais et les abonnements en retard comptent.',
  noRevenue: 'Personne n’a encore d’abonnement.',
  providers: 'Moyens de connexion',
  provider: 'Moyen',
  password: 'Mot de passe',
  passkey: 'Clé d’accès',
  noProviders: 'Aucun utilisateur n’a de mot de passe ni de compte d’un fournisseur.',
  providersHint: 'Un utilisateur qui en a plusieurs compte pour chacun.',
  asTable: 'Afficher les chiffres',
};
