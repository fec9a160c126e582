/** What the pages of links say of an account and of what opens it. */
export const entryWaysIn = {
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
};
