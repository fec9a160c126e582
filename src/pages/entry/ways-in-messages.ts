import { messages } from '../kit/messages.ts';

/** What the pages of links say of an account and of what opens it. */
export const waysInMessages = messages({
  en: {
    made: 'Made',
    madeIn: 'From',
    madeWith: 'With',
    opens: 'What opens it',
    nothing: 'Only links and codes in mails to its address',
    password: 'A password',
    phone: (digits: string) => `A code to the phone number ending in ${digits}`,
    identity: (provider: string, address: string | null) =>
      address === null ? `An account at ${provider}` : `An account at ${provider} (${address})`,
    passkey: (name: string) => `A passkey (${name})`,
    apiKeys: (count: string) => `API keys that were made with it: ${count}`,
    endTitle: 'These stop working',
    endText: 'They were added before the address was confirmed, or are keys that were made with the account.',
    stayTitle: 'These also open your account',
    keep: 'Keep them',
    end: 'End them too: I did not add them, or somebody else may use them',
  },
  de: {
    made: 'Angelegt',
    madeIn: 'Ort',
    madeWith: 'Gerät',
    opens: 'Was es öffnet',
    nothing: 'Nur Links und Codes, die per E-Mail an die Adresse gehen',
    password: 'Ein Passwort',
    phone: (digits) => `Ein Code an die Telefonnummer mit der Endung ${digits}`,
    identity: (provider, address) =>
      address === null ? `Ein Konto bei ${provider}` : `Ein Konto bei ${provider} (${address})`,
    passkey: (name) => `Ein Passkey (${name})`,
    apiKeys: (count) => `API-Schlüssel, die damit angelegt wurden: ${count}`,
    endTitle: 'Das gilt danach nicht mehr',
    endText:
      'Es kam hinzu, bevor die Adresse bestätigt war, oder es sind Schlüssel, die mit dem Konto angelegt wurden.',
    stayTitle: 'Auch das öffnet Ihr Konto',
    keep: 'Behalten',
    end: 'Auch beenden: Ich habe es nicht hinzugefügt, oder jemand anders könnte es benutzen',
  },
});
