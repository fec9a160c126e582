import { messages } from '../kit/messages.ts';

/** What the page of protected resources says. */
export const resourcesMessages = messages({
  en: {
    text: 'APIs and MCP servers that tokens of apps may be for. What this page does not ask for, the API sets.',
    create: 'New resource',
    createButton: 'Add',
    name: 'Name, as users see it',
    resource: 'Address',
    resourceHint:
      'As apps and tokens name it, such as https://mcp.example.com/mcp; it cannot be changed later',
    scopes: 'Scopes apps may request',
    scopesHint: 'Scopes with blanks between them, such as images:read images:write',
    open: 'Every app may ask for it, also one that registers itself',
    openBadge: 'Open',
    metadata: 'Metadata (RFC 9728)',
    created: 'Added',
    change: (name: string) => `Change or remove ${name}`,
    save: 'Save',
    seconds: 'Seconds that its tokens live',
    secondsHint: 'Empty for the time of the app or the realm',
    confirm: 'Yes, no app gets a token for it any more',
    delete: 'Remove',
    done: {
      created: 'The resource is added.',
      changed: 'The resource is changed, everywhere within 30 seconds.',
      deleted: 'The resource is removed. No token is made for it any more, everywhere within 30 seconds.',
    } as Record<string, string | undefined>,
  },
  de: {
    text: 'APIs und MCP-Server, für die Tokens von Apps sein dürfen. Was diese Seite nicht fragt, stellt die API ein.',
    create: 'Neue Ressource',
    createButton: 'Hinzufügen',
    name: 'Name, wie ihn Benutzer sehen',
    resource: 'Adresse',
    resourceHint:
      'Wie Apps und Tokens sie nennen, etwa https://mcp.example.com/mcp; sie lässt sich später nicht ändern',
    scopes: 'Worum Apps dort bitten dürfen',
    scopesHint: 'Scopes mit Leerzeichen dazwischen, etwa images:read images:write',
    open: 'Jede App darf darum bitten, auch eine, die sich selbst registriert',
    openBadge: 'Offen',
    metadata: 'Metadaten (RFC 9728)',
    created: 'Hinzugefügt',
    change: (name) => `${name} ändern oder entfernen`,
    save: 'Speichern',
    seconds: 'Sekunden, die Tokens dafür leben',
    secondsHint: 'Leer: die Zeit der App oder des Bereichs',
    confirm: 'Ja, keine App bekommt mehr ein Token dafür',
    delete: 'Entfernen',
    done: {
      created: 'Die Ressource ist hinzugefügt.',
      changed: 'Die Ressource ist geändert, überall innerhalb von 30 Sekunden.',
      deleted:
        'Die Ressource ist entfernt. Innerhalb von 30 Sekunden bekommt nirgends mehr jemand ein Token dafür.',
    },
  },
});
