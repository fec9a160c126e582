import type { Catalogue } from '../../messages/templates/catalogue.ts';
import type { AccountChange } from '../../messages/templates/mail-data.ts';
import { named } from '../named.ts';
import { plural } from '../plural.ts';

const changes: Record<AccountChange, (about: string) => string> = {
  phone_number_added: (number) => `Mit der Nummer ${number} kann man sich jetzt in Ihrem Konto anmelden`,
  phone_number_removed: (number) =>
    `Mit der Nummer ${number} kann man sich in Ihrem Konto nicht mehr anmelden`,
  identity_unlinked: (provider) =>
    provider
      ? `Ihr Konto ist nicht mehr mit ${provider} verknüpft`
      : 'Ihr Konto ist nicht mehr mit einem anderen Konto verknüpft',
  passkey_added: named('Mit einem Passkey kann man sich jetzt in Ihrem Konto anmelden'),
  passkey_confirmed: named('Beim Anmelden wird jetzt nach einem Passkey gefragt'),
  totp_added: named('Beim Anmelden wird jetzt nach einer Authenticator-App gefragt'),
  totp_removed: named('Eine Authenticator-App wurde aus Ihrem Konto entfernt'),
  factors_reset: () =>
    'Ihre zweiten Faktoren und Passkeys wurden von der Verwaltung entfernt, und Sie wurden überall abgemeldet',
  recovery_code_used: (left) =>
    `Ein Wiederherstellungscode wurde zur Anmeldung bei Ihrem Konto benutzt; ${plural('de', Number(left), { one: 'einer ist', other: `${left} sind` })} übrig`,
  passkey_removed: named('Ein Passkey wurde aus Ihrem Konto entfernt'),
  api_key_created: named('Ein neuer API-Schlüssel wurde erstellt'),
  api_key_rotated: named('Ein API-Schlüssel wurde erneuert'),
  api_key_revoked: named('Ein API-Schlüssel wurde widerrufen'),
  api_key_taken_over: named('Sie stehen jetzt für einen API-Schlüssel ein'),
  own_key_revoked: named('Die Verwaltung hat einen API-Schlüssel widerrufen'),
  payment_method_added: (of) => `Zu ${of || 'Ihrem Konto'} kam ein Zahlungsmittel hinzu`,
  payment_method_removed: (of) =>
    of ? `Bei ${of} wurde ein Zahlungsmittel entfernt` : 'Aus Ihrem Konto wurde ein Zahlungsmittel entfernt',
  payment_method_changed: (of) =>
    of
      ? `Ein anderes Zahlungsmittel von ${of} wird jetzt benutzt`
      : 'Ein anderes Ihrer Zahlungsmittel wird jetzt benutzt',
};

/** What mails say in German. */
export const mail: Catalogue = {
  greeting: (name) => (name ? `Guten Tag ${name},` : 'Guten Tag,'),
  facts: { at: 'Wann', place: 'Wo', requestedFrom: 'Angefordert aus', device: 'Gerät' },
  label: (name) => `${name}: `,
  buttonFails: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse in Ihrem Browser:',
  footer: (brand, host) =>
    `Gesendet von ${brand} (${host}), weil diese Adresse zu einem Konto dort gehört oder dafür angegeben wurde.`,
  letters: {
    welcome_by_provider: ({ provider }, { brand }) => ({
      subject: `Willkommen bei ${brand}`,
      preview: `Sie melden sich mit ${provider} an. Es ist nichts weiter zu tun.`,
      title: `Willkommen bei ${brand}`,
      opening: [
        `Danke, dass Sie sich registriert haben. Sie melden sich mit Ihrem Konto bei ${provider} an, wo diese E-Mail-Adresse ` +
          'bestätigt wurde. Es ist nichts weiter zu tun.',
      ],
      advice: ['In Ihrem Konto können Sie auch ein Passwort setzen. So haben Sie einen zweiten Weg hinein.'],
      button: 'Mein Konto öffnen',
      closing: [
        'Falls Sie sich nicht registriert haben, benutzt vielleicht jemand anders Ihr Konto dort: Sehen Sie nach.',
      ],
    }),
    welcome: ({ hours }, { brand, ...say }) => ({
      subject: `Willkommen bei ${brand}: Bitte bestätigen Sie Ihre E-Mail-Adresse`,
      preview: `Nur eines fehlt noch. Der Link ist ${say.hours(hours)} gültig.`,
      title: `Willkommen bei ${brand}`,
      opening: [
        'Danke, dass Sie sich registriert haben. Nur eines fehlt noch: Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen ' +
          'gehört. Über sie kommen Sie wieder in Ihr Konto, falls Sie einmal Ihr Passwort vergessen.',
      ],
      advice: [],
      button: 'E-Mail-Adresse bestätigen',
      closing: [
        `Der Link ist ${say.hours(hours)} gültig und funktioniert nur einmal.`,
        'Falls Sie sich nicht registriert haben, können Sie diese Nachricht ignorieren: Wahrscheinlich hat sich ' +
          'jemand bei der Adresse vertippt.',
      ],
    }),
    verify_email: ({ hours }, { brand, ...say }) => ({
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${brand}`,
      preview: `Der Link ist ${say.hours(hours)} gültig.`,
      title: 'Bestätigen Sie Ihre E-Mail-Adresse',
      opening: [
        `Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen und zu Ihrem Konto bei ${brand} gehört.`,
      ],
      advice: [],
      button: 'E-Mail-Adresse bestätigen',
      closing: [
        `Der Link ist ${say.hours(hours)} gültig und funktioniert nur einmal.`,
        'Falls Sie ihn nicht angefordert haben, können Sie diese Nachricht ignorieren: Die Adresse bleibt dann ' +
          'unbestätigt.',
      ],
    }),
    invitation: ({ hours }, { brand, ...say }) => ({
      subject: `Ihr Konto bei ${brand}`,
      preview: `Wählen Sie ein Passwort. Der Link gilt ${say.hours(hours)}.`,
      title: `Sie haben ein Konto bei ${brand}`,
      opening: [
        `Für Sie wurde ein Konto bei ${brand} angelegt. Wählen Sie ein Passwort, dann können Sie sich anmelden.`,
      ],
      advice: [],
      button: 'Passwort wählen',
      closing: [
        `Der Link ist ${say.hours(hours)} gültig und funktioniert nur einmal.`,
        'Falls Sie nicht wissen, worum es geht, können Sie diese Nachricht ignorieren.',
      ],
    }),
    organization_invitation: ({ inviter, organization, days }, { brand, ...say }) => {
      const to = organization ? `„${organization}“` : 'einer Organisation';
      const invited = inviter
        ? `${inviter} lädt Sie ein, ${to} bei ${brand} beizutreten`
        : `Sie sind eingeladen, ${to} bei ${brand} beizutreten`;
      return {
        subject: invited,
        preview: `Die Einladung gilt ${say.days(days)}.`,
        title: organization ? `${to} beitreten` : 'Einer Organisation beitreten',
        opening: [`${invited}.`],
        advice: [
          'Melden Sie sich mit dieser E-Mail-Adresse an, oder legen Sie damit ein Konto an, um die Einladung anzunehmen.',
        ],
        button: 'Einladung ansehen',
        closing: [
          `Die Einladung gilt ${say.days(days)} und nur einmal.`,
          'Falls Sie nicht wissen, worum es geht, können Sie diese Nachricht ignorieren.',
        ],
      };
    },
    reset_password: ({ minutes }, { brand, ...say }) => ({
      subject: `Ihr Passwort für ${brand} zurücksetzen`,
      preview: `Wählen Sie ein neues. Der Link ist ${say.minutes(minutes)} gültig.`,
      title: 'Passwort zurücksetzen',
      opening: [`Jemand, vermutlich Sie selbst, möchte das Passwort Ihres Kontos bei ${brand} zurücksetzen.`],
      advice: [],
      button: 'Neues Passwort wählen',
      closing: [
        `Der Link ist ${say.minutes(minutes)} gültig und funktioniert nur einmal.`,
        'Falls Sie es nicht waren, können Sie diese Nachricht ignorieren: Ihr Passwort bleibt, wie es ist.',
      ],
    }),
    password_changed: (_, { brand }) => ({
      subject: `Ihr Passwort für ${brand} wurde geändert`,
      preview: 'Wenn Sie das waren, ist nichts zu tun.',
      title: 'Ihr Passwort wurde geändert',
      opening: [`Das Passwort Ihres Kontos bei ${brand} wurde geändert.`],
      advice: [
        'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie das Passwort jetzt zurück: Damit werden ' +
          'auch alle Geräte abgemeldet.',
      ],
      button: 'Passwort zurücksetzen',
      closing: [],
    }),
    password_breached: (_, { brand }) => ({
      subject: `Bitte ändern Sie Ihr Passwort für ${brand}`,
      preview: 'Es ist aus einem Datenleck eines anderen Dienstes bekannt.',
      title: 'Bitte ändern Sie Ihr Passwort',
      opening: [
        `Das Passwort Ihres Kontos bei ${brand} steht auf einer Liste von Passwörtern, die nach Datenlecks anderer ` +
          'Dienste veröffentlicht wurden. Wer die Liste hat, kann es hier versuchen.',
      ],
      advice: [
        'Wählen Sie ein neues Passwort, das Sie sonst nirgends verwenden, und ändern Sie das alte überall, wo Sie es ' +
          'noch verwenden.',
      ],
      button: 'Passwort ändern',
      closing: [],
    }),
    confirm_new_email: ({ hours }, { brand, ...say }) => ({
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${brand}`,
      preview: `Bis dahin gilt die alte Adresse weiter. Der Link ist ${say.hours(hours)} gültig.`,
      title: 'Bestätigen Sie Ihre neue Adresse',
      opening: [
        `Sie möchten diese E-Mail-Adresse für Ihr Konto bei ${brand} verwenden. Sobald Sie sie bestätigen, ersetzt ` +
          'sie die alte; bis dahin ändert sich nichts.',
      ],
      advice: [],
      button: 'Neue Adresse bestätigen',
      closing: [
        `Der Link ist ${say.hours(hours)} gültig und funktioniert nur einmal.`,
        'Falls das nicht von Ihnen kommt, können Sie diese Nachricht ignorieren: Die Adresse wird dann nicht ' +
          'verwendet.',
      ],
    }),
    email_changed: ({ email_masked, hours }, { brand, ...say }) => ({
      subject: `Die E-Mail-Adresse Ihres Kontos bei ${brand} wurde geändert`,
      preview: `Wenn Sie das nicht waren, können Sie es ${say.hours(hours)} lang rückgängig machen.`,
      title: 'Ihre E-Mail-Adresse wurde geändert',
      opening: [`Ihr Konto bei ${brand} verwendet nun die Adresse ${email_masked} statt dieser hier.`],
      advice: [
        'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, machen Sie die Änderung rückgängig: Ihr Konto kehrt ' +
          'dann zu dieser Adresse zurück.',
      ],
      button: 'Änderung rückgängig machen',
      closing: [`Der Link ist ${say.hours(hours)} gültig und funktioniert nur einmal.`],
    }),
    new_device: (_, { brand }) => ({
      subject: `Neue Anmeldung in Ihrem Konto bei ${brand}`,
      preview: 'Wenn Sie das waren, ist nichts zu tun.',
      title: 'Anmeldung von einem neuen Gerät',
      opening: [
        `In Ihrem Konto bei ${brand} hat sich jemand mit einem Gerät angemeldet, das dort bisher nicht verwendet ` +
          'wurde.',
      ],
      advice: [
        'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, melden Sie das Gerät ab und ändern Sie Ihr Passwort.',
      ],
      button: 'Mein Konto absichern',
      closing: [],
    }),
    identity_linked: ({ provider }, { brand }) => ({
      subject: `${provider} ist jetzt mit Ihrem Konto bei ${brand} verknüpft`,
      preview: 'Wenn Sie das waren, ist nichts zu tun.',
      title: `Ihr Konto ist mit ${provider} verknüpft`,
      opening: [
        `Bei Ihrem Konto bei ${brand} kann man sich ab jetzt auch mit einem Konto von ${provider} anmelden.`,
      ],
      advice: [
        'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie ein neues Passwort und lösen Sie die ' +
          'Verknüpfung.',
      ],
      button: 'Mein Konto absichern',
      closing: [],
    }),
    account_changed: ({ change, about, organization }, { brand }) => {
      const what = changes[change](about ?? '');
      const isRevoked = change === 'own_key_revoked';
      return {
        subject: `${what} (${organization ? `${organization}, ${brand}` : brand})`,
        preview: isRevoked
          ? 'Programme mit diesem Schlüssel werden abgelehnt.'
          : 'Wenn Sie das waren, ist nichts zu tun.',
        title: what,
        opening: [
          `Das geschah in ${organization ? `${organization} bei ${brand}` : `Ihrem Konto bei ${brand}`}.`,
        ],
        advice: [
          isRevoked
            ? 'Programme mit diesem Schlüssel werden ab sofort abgelehnt. Werden sie noch gebraucht, erstellen Sie einen anderen für sie.'
            : 'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, ändern Sie Ihr Passwort, melden Sie alle Geräte ab, und ' +
              'sehen Sie nach, was Ihr Konto sonst öffnet.',
        ],
        button: isRevoked ? 'API-Schlüssel ansehen' : 'Mein Konto ansehen',
        closing: [],
      };
    },
    account_deleted: (_, { brand }) => ({
      subject: `Ihr Konto bei ${brand} wurde gelöscht`,
      preview: 'Alle Geräte wurden abgemeldet. Dies ist die letzte Nachricht dazu.',
      title: 'Ihr Konto wurde gelöscht',
      opening: [
        `Ihr Konto bei ${brand} wurde gelöscht, und alle Geräte wurden abgemeldet.`,
        'Für Sie ist nichts mehr zu tun. Dies ist die letzte Nachricht zu diesem Konto.',
      ],
      advice: [],
      closing: [`Falls Sie das nicht wollten, wenden Sie sich bitte so bald wie möglich an ${brand}.`],
    }),
    account_exists: (_, { brand }) => ({
      subject: `Sie haben bereits ein Konto bei ${brand}`,
      preview: 'Jemand wollte sich mit Ihrer E-Mail-Adresse registrieren.',
      title: 'Sie haben bereits ein Konto',
      opening: [
        `Jemand, vermutlich Sie selbst, wollte sich mit dieser E-Mail-Adresse bei ${brand} registrieren. Zu ihr ` +
          'gibt es schon ein Konto, daher wurde kein neues angelegt.',
      ],
      advice: [
        'Sie können sich wie gewohnt anmelden. Wenn Sie Ihr Passwort nicht mehr wissen, wählen Sie ein neues.',
      ],
      button: 'Neues Passwort wählen',
      closing: [
        'Falls Sie es nicht waren, können Sie diese Nachricht ignorieren: An Ihrem Konto hat sich nichts geändert.',
      ],
    }),
    quota_warning: ({ organization, resource, percent, resets_at }, { brand, ...say }) => {
      const usedUp = percent >= 100;
      const quota = organization
        ? `Das Kontingent „${resource}“ von ${organization} bei ${brand}`
        : `Ihr Kontingent „${resource}“ bei ${brand}`;
      return {
        subject: usedUp ? `${quota} ist aufgebraucht` : `${quota} ist zu ${say.percent(percent)} verbraucht`,
        preview: `Es beginnt neu am ${say.time(resets_at)}.`,
        title: usedUp
          ? 'Das Kontingent ist aufgebraucht'
          : `${say.percent(percent)} des Kontingents sind verbraucht`,
        opening: [
          usedUp ? `${quota} ist aufgebraucht.` : `${quota} ist zu ${say.percent(percent)} verbraucht.`,
          `Das Kontingent beginnt neu am ${say.time(resets_at)}.${
            usedUp
              ? ' Bis dahin wird abgelehnt, was darüber hinausgeht, oder kostet Guthaben, wenn der Tarif das vorsieht.'
              : ''
          }`,
        ],
        advice: [],
        closing: [],
      };
    },
    cap_warning: ({ organization, resource, percent, resets_at, is_own, api_key }, { brand, ...say }) => {
      const reached = percent >= 100;
      const what = resource === null ? 'Guthaben' : `„${resource}“`;
      const where = organization && (is_own || api_key) ? ` in ${organization}` : '';
      const ofAll =
        organization && !is_own
          ? `Die Ausgabengrenze von ${organization} für ${what}`
          : `Ihre Ausgabengrenze für ${what}${where}`;
      const key = api_key?.name ? `des API-Schlüssels „${api_key.name}“` : 'eines API-Schlüssels';
      const ofKey = `Die Ausgabengrenze ${key} für ${what}${where}`;
      const cap = `${api_key ? ofKey : ofAll} bei ${brand}`;
      return {
        subject: reached ? `${cap} ist erreicht` : `${cap} ist zu ${say.percent(percent)} erreicht`,
        preview: `Sie beginnt neu am ${say.time(resets_at)}.`,
        title: reached
          ? 'Eine Ausgabengrenze ist erreicht'
          : `${say.percent(percent)} einer Ausgabengrenze sind erreicht`,
        opening: [
          reached ? `${cap} ist erreicht.` : `${cap} ist zu ${say.percent(percent)} erreicht.`,
          `Sie beginnt neu am ${say.time(resets_at)}.${
            reached ? ' Bis dahin wird abgelehnt, was darüber hinausgeht.' : ''
          }`,
        ],
        advice: [],
        closing: [],
      };
    },
    one_time_code: ({ code, minutes }, { brand, ...say }) => ({
      subject: `Ihr Code für ${brand}`,
      preview: `${code} gilt ${say.minutes(minutes)}.`,
      title: 'Ihr Code',
      opening: [`Geben Sie bei ${brand} diesen Code ein, um fortzufahren:`],
      advice: [],
      closing: [
        `Der Code ist ${say.minutes(minutes)} gültig und funktioniert nur einmal. Behalten Sie ihn für sich: Niemand von ${brand} ` +
          'wird Sie je danach fragen.',
        'Falls Sie keinen Code angefordert haben, können Sie diese Nachricht ignorieren.',
      ],
    }),
    sign_in_link: ({ minutes }, { brand, ...say }) => ({
      subject: `Bei ${brand} anmelden`,
      preview: `Der Link ist ${say.minutes(minutes)} gültig.`,
      title: `Bei ${brand} anmelden`,
      opening: [`Sie haben einen Link angefordert, der Sie bei ${brand} anmeldet.`],
      advice: [
        'Öffnen Sie ihn in dem Browser, in dem Sie ihn angefordert haben. Woanders zeigt er eine Zahl, die Sie dort eingeben.',
      ],
      button: 'Weiter',
      closing: [
        `Der Link ist ${say.minutes(minutes)} gültig und funktioniert nur einmal. Geben Sie ihn nicht weiter, und die Zahl auch nicht.`,
        'Falls Sie keinen Link angefordert haben, können Sie diese Nachricht ignorieren.',
      ],
    }),
    top_up_stopped: ({ organization, reason }, { brand }) => ({
      subject: `Das automatische Aufladen bei ${organization ?? brand} ist angehalten`,
      preview: 'Ihr Guthaben wird nicht mehr aufgeladen, bis Sie es wieder einschalten.',
      title: 'Das automatische Aufladen ist angehalten',
      opening: [
        `${organization === null ? 'Ihr Guthaben' : `Das Guthaben von ${organization}`} ging zur Neige und sollte automatisch aufgeladen werden.`,
        {
          declined: 'Die Zahlung wurde abgelehnt. Es wurde nichts gekauft und nichts abgebucht.',
          authentication_required:
            'Ihre Bank möchte, dass Sie die Zahlung selbst bestätigen. Es wurde nichts gekauft und nichts abgebucht.',
          no_payment_method:
            'Es gibt kein Zahlungsmittel mehr. Es wurde nichts gekauft und nichts abgebucht.',
          price_gone:
            'Das Guthabenpaket wird nicht mehr angeboten. Es wurde nichts gekauft und nichts abgebucht.',
        }[reason],
      ],
      button: reason === 'authentication_required' ? 'Bestätigen und bezahlen' : 'Abrechnung ansehen',
      advice: [
        'Dort können Sie selbst Guthaben kaufen und das automatische Aufladen wieder einschalten. Bis dahin bleibt es aus.',
      ],
      closing: [],
    }),
    billing_email_changed: ({ told }, { brand }) => ({
      subject: told
        ? `Mails zu Zahlungen von ${told.organization ?? 'einer Organisation'} gehen jetzt woandershin`
        : `Mails zu Zahlungen bei ${brand} kommen jetzt hierher`,
      preview: told ? `Sie gehen ab jetzt an ${told.email_masked}.` : 'Diese Adresse wurde dafür angegeben.',
      title: 'Die Adresse für Zahlungen wurde geändert',
      opening: told
        ? [
            `Mails zu dem, was ${told.organization ?? 'eine Organisation'} bei ${brand} bezahlt, gehen ab jetzt an ${told.email_masked}. Bisher kamen sie an diese Adresse.`,
          ]
        : [
            `Diese Adresse wurde für Mails zu dem angegeben, was eine Organisation bei ${brand} bezahlt. Sie kommen ab jetzt hierher.`,
          ],
      button: told ? 'Organisation ansehen' : `Zu ${brand}`,
      advice: [
        told
          ? 'Wenn das niemand von Ihnen war, ändern Sie es dort zurück und sehen Sie nach, wer Zahlungen verwalten darf.'
          : 'Wenn Sie davon nichts wissen, müssen Sie nichts tun. Bitten Sie, wer sie angegeben hat, um eine andere Adresse.',
      ],
      closing: [],
    }),
    webhook_disabled: ({ host, reason }, { brand }) => ({
      subject: `Ein Webhook von ${brand} ist abgeschaltet`,
      preview: `${host} bekommt keine Ereignisse mehr.`,
      title: 'Ein Webhook ist abgeschaltet',
      opening: [
        reason === 'gone'
          ? `${host} hat geantwortet, dass es den Webhook nicht mehr gibt (410). ${brand} schickt dorthin keine Ereignisse mehr.`
          : `Seit fünf Tagen kommt bei ${host} nichts an. ${brand} schickt dorthin keine Ereignisse mehr.`,
      ],
      button: 'Webhooks ansehen',
      advice: [
        'Sobald er wieder funktioniert, können Sie ihn dort einschalten und zustellen lassen, was er in den letzten 30 Tagen verpasst hat.',
      ],
      closing: ['Wird er nicht mehr gebraucht, können Sie ihn löschen.'],
    }),
    test_email: (_, { brand }) => ({
      subject: `Testnachricht von ${brand}`,
      preview: 'E-Mails kommen an.',
      title: 'E-Mails kommen an',
      opening: [
        `Sie haben bei ${brand} eine Testnachricht angefordert. Hier ist sie: Der Versand ist eingerichtet, und E-Mails kommen an.`,
      ],
      advice: [],
      closing: ['Es ist nichts zu tun.'],
    }),
  },
  texts: {
    one_time_code: (code, brand, valid) =>
      `${code} ist Ihr Code${brand ? ` für ${brand}` : ''}, gültig ${valid}. Geben Sie ihn nicht weiter.`,
  },
};
