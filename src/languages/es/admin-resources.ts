import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminResources: Texts['adminResources'] = {
  text: 'API y servidores MCP para los que las aplicaciones obtienen tokens. La API tiene más ajustes.',
  create: 'Nuevo recurso',
  createButton: 'Añadir',
  name: 'Nombre, como lo ven los usuarios',
  resource: 'Dirección',
  resourceHint:
    'Como lo llaman las aplicaciones y los tokens, por ejemplo https://mcp.example.com/mcp; no se puede cambiar después',
  scopes: 'Ámbitos que las aplicaciones pueden solicitar',
  scopesHint: 'Separados por espacios, como images:read images:write',
  open: 'Cualquier aplicación puede solicitarlo, incluso si se registró ella misma',
  openBadge: 'Abierto',
  metadata: 'Metadatos (RFC 9728)',
  created: 'Añadido',
  change: (name) => `Cambiar o quitar ${name}`,
  save: 'Guardar',
  seconds: 'Segundos que duran sus tokens',
  secondsHint: 'Vacío para la duración de la aplicación o del espacio',
  confirm: 'Sí, ninguna aplicación recibe ya un token para él',
  delete: 'Quitar',
  done: {
    created: 'El recurso se ha añadido.',
    changed: 'El recurso se ha cambiado, en todas partes en 30 segundos.',
    deleted: 'El recurso se ha quitado. Ya no se crea ningún token para él, en todas partes en 30 segundos.',
  },
};
