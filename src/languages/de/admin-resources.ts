import type { Texts } from '../texts.ts';

/** In German. */
export const adminResources: Texts['adminResources'] = {
  text: 'APIs und MCP-Server, für die Apps Tokens bekommen. Die API hat weitere Einstellungen.',
  create: 'Neue Ressource',
  createButton: 'Hinzufügen',
  name: 'Name, wie ihn Benutzer sehen',
  resource: 'Adresse',
  resourceHint:
    'Wie Apps und Tokens sie nennen, etwa https://mcp.example.com/mcp; sie lässt sich später nicht ändern',
  scopes: 'Worum Apps dort bitten dürfen',
  scopesHint: 'Durch Leerzeichen getrennt, etwa images:read images:write',
  open: 'Jede App darf es anfordern, auch eine, die sich selbst registriert hat',
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
};
