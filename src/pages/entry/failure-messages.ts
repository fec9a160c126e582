import type { ErrorCode } from '../../errors.ts';
import { messages } from '../kit/messages.ts';

interface Failure {
  title: string;
  text: string;
}

/** What is said in place of a page that cannot be shown. */
export const failureMessages = messages({
  en: {
    failed: {
      title: 'That did not work',
      reference: 'If you write to us about this, please name',
      home: 'To your account',
      overview: 'Overview',
      again: 'Open the page again',
    },
    /** By the code of the error; the others say `internal_error`. */
    failures: {
      message_not_found: {
        title: 'There is no such message',
        text: 'Messages are kept for 30 days.',
      },
      insufficient_scope: {
        title: 'This is not for your account',
        text: 'These pages are for administrators. If you should have access, please ask an owner.',
      },
      user_not_found: {
        title: 'There is no such user',
        text: 'They may have been deleted, or belong to another realm.',
      },
      not_found: {
        title: 'There is nothing here',
        text: 'The address may be mistyped, or the page has moved. Please check it.',
      },
      realm_not_found: {
        title: 'There is nothing here',
        text: 'The address may be mistyped. Please go back to where you came from and try again.',
      },
      method_not_allowed: {
        title: 'This page works differently',
        text: 'It can’t be opened in this way. Please open it again.',
      },
      invalid_request: {
        title: 'This can’t be read',
        text: 'What was sent is damaged. Please go back and try again.',
      },
      validation_failed: {
        title: 'This can’t be read',
        text: 'The address that you followed is incomplete or wrong. Please go back to where you came from and try again.',
      },
      redirect_not_allowed: {
        title: 'We can’t send you back there',
        text: 'The page that sent you here wants you back at an address that is not on our list. Nothing is wrong with your account: please tell the people who run that page.',
      },
      origin_not_allowed: {
        title: 'This form came from somewhere else',
        text: 'For your safety we only accept forms from our own pages. Please open the page here and fill it in again.',
      },
      payload_too_large: {
        title: 'That is too much',
        text: 'More was sent than we can take. Please shorten it.',
      },
      unsupported_media_type: {
        title: 'This can’t be read',
        text: 'The form came in a format that we don’t know. Please open the page and fill it in again.',
      },
      rate_limited: {
        title: 'One moment, please',
        text: 'There were too many requests from your network. Please wait a minute, then try again.',
      },
      service_unavailable: {
        title: 'Back in a moment',
        text: 'Something that we need does not answer. Please try again in a minute.',
      },
      internal_error: {
        title: 'Something went wrong',
        text: 'This is our fault, not yours. Please try again; if it happens again, tell us.',
      },
    } as { internal_error: Failure } & Partial<Record<ErrorCode, Failure>>,
  },
  de: {
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
  },
});
