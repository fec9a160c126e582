import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryWaysIn: Texts['entryWaysIn'] = {
  made: 'Creación',
  madeIn: 'Lugar',
  madeWith: 'Con',
  opens: 'Lo que la abre',
  nothing: 'Solo los enlaces y códigos enviados a su dirección',
  password: 'Una contraseña',
  phone: (digits) => `Un código al número de teléfono que termina en ${digits}`,
  identity: (provider, address) =>
    address === null ? `Una cuenta de ${provider}` : `Una cuenta de ${provider} (${address})`,
  passkey: (name) => `Una clave de acceso (${name})`,
  apiKeys: (count) => `Claves de API creadas con ella: ${count}`,
  endTitle: 'Esto deja de funcionar',
  endText: 'Se añadió antes de que se confirmara la dirección, o son claves creadas con la cuenta.',
  stayTitle: 'Esto también abre su cuenta',
  keep: 'Conservarlo',
  end: 'Terminarlo también: no lo añadí yo, o puede que lo use otra persona',
};
