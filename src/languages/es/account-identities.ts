import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountIdentities: Texts['accountIdentities'] = {
  title: 'Cuentas vinculadas',
  text: 'Inicie sesión con una cuenta que tenga en otro servicio.',
  none: 'Aquí no hay otros servicios con los que iniciar sesión.',
  linkedAs: 'Vinculada',
  notLinked: 'No vinculada',
  since: 'Desde el',
  link: 'Vincular',
  linkNamed: (provider) => `Vincular ${provider}`,
  unlink: 'Desvincular',
  unlinkNamed: (provider) => `Desvincular ${provider}`,
  failed: 'No se pudo vincular. Inténtelo de nuevo.',
  done: {
    unlinked: 'La cuenta ya no está vinculada.',
  },
};
