import type { Texts } from '../texts.ts';

/** In French. */
export const adminOverview: Texts['adminOverview'] = {
  users: 'Utilisateurs',
  newToday: 'Nouveaux aujourd’hui',
  activeToday: 'Actifs aujourd’hui',
  signInsToday: 'Connexions aujourd’hui',
  sessions: 'Sessions actives',
  verified: 'Adresses vérifiées',
  secondFactors: 'Avec un second facteur',
  anonymous: 'Utilisateurs anonymes',
  suspended: 'Suspendus',
  usedToday: (resource) => `${resource} aujourd’hui`,
  days: (days) => `Les ${days} derniers jours`,
  fresh: (seconds) =>
    `Les inscriptions et les connexions datent de quelques secondes, l’utilisation de ${seconds} secondes au plus.`,
  sinkWorks: (sink, waiting) =>
    `Les événements vont vers ${sink}. Entrées du journal d’audit en attente : ${waiting}.`,
  sinkFails: (sink, since, error, waiting) =>
    `Des événements attendent : ${sink} échoue depuis le ${since} (${error}). Entrées du journal d’audit en attente : ${waiting}.`,
  sinkDropped: (dropped) => `Événements qui n’y arriveront jamais : ${dropped}.`,
  webhooksFail: (count) => `Webhooks qui ne reçoivent rien : ${count}. Voyez pourquoi et réactivez-les.`,
  messagesDead: (count) => `Messages abandonnés : ${count}. Voyez pourquoi et renvoyez-les.`,
  billingFails:
    'Des événements de Stripe n’ont pas pu être traités. Voyez pourquoi et traitez-les à nouveau.',
  cronLate:
    'Ce que le cron aurait dû faire il y a quelques minutes attend encore. Vérifiez que ses déclencheurs existent (Workers & Pages, Settings) et ce que dit le journal sous cron_failed.',
  keysDue:
    'Une clé de signature aurait dû changer. Voyez ce que dit le journal sous cron_failed pour rotate_signing_keys ; npm run keys:rotate indique la suite.',
  auditFails:
    'Le flux d’audit n’est pas reçu. Voyez ce que dit le journal sous audit_stream_failed ; rien n’est perdu, il attend.',
  signUps: 'Inscriptions',
  signIns: 'Connexions',
  activeUsers: 'Utilisateurs actifs',
  use: (resource) => `Utilisation : ${resource}`,
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
  provider: 'Par',
  password: 'Mot de passe',
  passkey: 'Clé d’accès',
  noProviders: 'Aucun utilisateur n’a de mot de passe ni de compte d’un fournisseur.',
  providersHint: 'Un utilisateur qui en a plusieurs compte pour chacun.',
  chartTotal: (total) => `${total} au total`,
  chartMost: (most) => `maximum par jour : ${most}`,
  chartSummary: (title, total, most) =>
    `${title} par jour : ${total} au total, ${most} le jour le plus actif`,
  asTable: 'Afficher les chiffres',
};
