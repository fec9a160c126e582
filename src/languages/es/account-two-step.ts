import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountTwoStep: Texts['accountTwoStep'] = {
  title: 'Verificación en dos pasos',
  text: 'Con una aplicación de autenticación o una clave de acceso, nadie inicia sesión solo con su contraseña.',
  required: 'Aquí se le exige un segundo paso. Configure uno: hasta entonces no puede hacer nada más.',
  prove: 'Tiene uno, pero no lo ha usado en esta sesión. Vuelva a iniciar sesión.',
  signInAgain: 'Volver a iniciar sesión',
  from: (date) => `A partir del ${date} se le exige un segundo paso.`,
  notAllowed: 'Aquí no se usan aplicaciones de autenticación.',
  apps: 'Aplicaciones de autenticación y claves de acceso',
  none: 'Todavía no hay ninguna.',
  kinds: { totp: 'Aplicación de autenticación', passkey: 'Clave de acceso' },
  added: 'Añadida el',
  remove: 'Eliminar',
  removeNamed: (name) => `Eliminar ${name}`,
  passkeys: 'Las claves de acceso se gestionan en Seguridad.',
  name: 'Nombre',
  nameHint: 'Para reconocerla: qué teléfono o qué aplicación.',
  add: 'Añadir una aplicación de autenticación',
  recovery: 'Códigos de recuperación',
  left: (count) =>
    count === 0
      ? 'No tiene códigos de recuperación. Genere algunos, para el día en que no pueda usar su aplicación o su clave de acceso.'
      : plural('es', count, {
          one: 'Queda un código de recuperación. Sirve una vez, cuando no puede usar su aplicación o su clave de acceso.',
          other: `Quedan ${count} códigos de recuperación. Cada uno sirve una vez, cuando no puede usar su aplicación o su clave de acceso.`,
        }),
  renew: 'Generar diez códigos de recuperación nuevos',
  stepTitle: 'Añadir una aplicación de autenticación',
  scan: 'Escanee esta imagen con la aplicación o escriba en ella la clave de abajo. Después escriba el código que muestra la aplicación.',
  key: 'Clave',
  open: 'Abrir en una aplicación de este dispositivo',
  code: 'Código de la aplicación',
  confirm: 'Confirmar',
  back: 'Volver',
  codesTitle: 'Guarde estos códigos de recuperación',
  codesText:
    'Cada uno inicia sesión una vez en lugar de su aplicación o su clave de acceso. Solo se muestran ahora: guárdelos donde solo usted pueda encontrarlos, en papel o en un gestor de contraseñas.',
  download: 'Descargar como archivo de texto',
  copy: 'Para copiarlos, haga clic en la lista: se selecciona entera. Para imprimirlos, imprima esta página.',
  kept: 'Los he guardado',
  keptOnward: 'Los he guardado: continuar',
  onward: 'Continuar donde estaba',
  done: {
    app_added: 'A partir de ahora, al iniciar sesión se pide un código de esta aplicación.',
    app_removed: 'La aplicación de autenticación ya no se pide.',
  },
};
