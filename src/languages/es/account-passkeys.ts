import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountPasskeys: Texts['accountPasskeys'] = {
  title: 'Claves de acceso',
  text: 'Inicie sesión con su huella, su rostro o el PIN de su dispositivo. Una clave de acceso no se puede adivinar y no funciona en ningún otro sitio.',
  add: 'Añadir una clave de acceso',
  synced: 'en varios dispositivos',
  added: 'Añadida el',
  name: 'Nombre',
  rename: 'Cambiar el nombre',
  renameNamed: (name) => `Cambiar el nombre de la clave de acceso ${name}`,
  remove: 'Eliminar',
  removeNamed: (name) => `Eliminar la clave de acceso ${name}`,
  stepTitle: 'Añadir una clave de acceso',
  stepText: 'Su navegador le preguntará dónde guardar la clave de acceso y comprobará que es usted.',
  nameHint: 'Para reconocerla. Sin nombre, lleva el de quien la guarda.',
  go: 'Continuar',
  failed:
    'No se creó ninguna clave de acceso: puede que este dispositivo ya tenga una para esta cuenta. Inténtelo de nuevo o elija otro dispositivo.',
  unasked: 'Su navegador la creó cuando inició sesión. Sirve para entrar, pero no como segundo paso.',
  confirm: 'Usar como segundo paso',
  confirmNamed: (name) => `Usar como segundo paso: ${name}`,
  confirmTitle: 'Usar una clave de acceso como segundo paso',
  confirmText:
    'Úsela una vez ahora, para que veamos que comprueba que es usted. Desde entonces se pedirá después de su contraseña.',
  confirmFailed: 'No se usó ninguna clave de acceso. Inténtelo de nuevo.',
  passwordFirst: 'Para usarla como segundo paso, inicie sesión primero con su contraseña.',
  noScript: 'Su navegador no tiene claves de acceso, o los scripts están desactivados. Use otro.',
  back: 'Volver',
};
