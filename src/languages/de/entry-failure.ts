import type { Texts } from '../texts.ts';

/** In German. */
export const entryFailure: Texts['entryFailure'] = {
  failed: {
    title: 'Das hat nicht geklappt',
    reference: 'Wenn Sie uns deswegen schreiben, nennen Sie bitte',
    home: 'Zu Ihrem Konto',
    overview: 'Überblick',
    again: 'Seite neu öffnen',
  },
  failures: {
    message_not_found: {
      title: 'Diese Nachricht gibt es nicht',
      text: 'Nachrichten werden 30 Tage lang aufgehoben.',
    },
    insufficient_scope: {
      title: 'Das ist nicht für Ihr Konto',
      text: 'Diese Seiten sind für die Verwaltung. Wenn Sie dazugehören sollten, fragen Sie bitte einen Eigentümer.',
    },
    user_not_found: {
      title: 'Diesen Benutzer gibt es nicht',
      text: 'Vielleicht wurde er gelöscht, oder er gehört zu einem anderen Bereich.',
    },
    not_found: {
      title: 'Hier ist nichts',
      text: 'Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen. Bitte prüfen Sie sie.',
    },
    realm_not_found: {
      title: 'Hier ist nichts',
      text: 'Vielleicht ist die Adresse falsch geschrieben. Bitte gehen Sie dorthin zurück, woher Sie kamen, und versuchen Sie es noch einmal.',
    },
    method_not_allowed: {
      title: 'Diese Seite funktioniert anders',
      text: 'So kann sie nicht aufgerufen werden. Bitte öffnen Sie sie neu.',
    },
    invalid_request: {
      title: 'Das ist nicht lesbar',
      text: 'Was ankam, ist beschädigt. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
    },
    validation_failed: {
      title: 'Das ist nicht lesbar',
      text: 'Die Adresse, über die Sie kamen, ist unvollständig oder falsch. Bitte gehen Sie dorthin zurück, woher Sie kamen, und versuchen Sie es noch einmal.',
    },
    redirect_not_allowed: {
      title: 'Dorthin können wir Sie nicht zurückschicken',
      text: 'Die Seite, von der Sie kommen, nennt für die Rückkehr eine Adresse, die nicht auf unserer Liste steht. Mit Ihrem Konto ist alles in Ordnung: Bitte sagen Sie dem Betreiber jener Seite Bescheid.',
    },
    origin_not_allowed: {
      title: 'Dieses Formular kam von anderswo',
      text: 'Zu Ihrer Sicherheit nehmen wir nur Formulare von unseren eigenen Seiten. Bitte öffnen Sie die Seite hier und füllen Sie es noch einmal aus.',
    },
    payload_too_large: {
      title: 'Das ist zu viel',
      text: 'Es wurde mehr geschickt, als wir annehmen können. Bitte kürzen Sie es.',
    },
    unsupported_media_type: {
      title: 'Das ist nicht lesbar',
      text: 'Das Formular kam in einer Form, die wir nicht kennen. Bitte öffnen Sie die Seite neu und füllen Sie es noch einmal aus.',
    },
    rate_limited: {
      title: 'Einen Moment bitte',
      text: 'Aus Ihrem Netz kamen zu viele Anfragen. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.',
    },
    service_unavailable: {
      title: 'Gleich wieder da',
      text: 'Etwas, das wir brauchen, antwortet nicht. Bitte versuchen Sie es in einer Minute noch einmal.',
    },
    internal_error: {
      title: 'Etwas ist schiefgegangen',
      text: 'Das ist unser Fehler, nicht Ihrer. Bitte versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie uns Bescheid.',
    },
  },
};
