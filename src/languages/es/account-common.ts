import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountCommon: Texts['accountCommon'] = {
  menu: 'Su cuenta',
  admin: 'Administración',
  verifyFirst: 'Podrá hacerlo cuando haya confirmado su dirección de correo.',
  addressFirst: 'Podrá hacerlo cuando su cuenta tenga una dirección de correo.',
  unregistered: {
    title: 'Todavía no se ha registrado',
    text: 'Solo este navegador abre su cuenta. Regístrese, vincule la cuenta de un proveedor o añada una clave de acceso, y todo lo que tiene seguirá siendo suyo.',
    button: 'Registrarse',
    noAddress:
      'Su cuenta no tiene dirección de correo: si pierde sus claves de acceso y sus cuentas vinculadas, nadie podrá ayudarle a volver a entrar.',
    add: 'Añadir una dirección de correo',
  },
  unverified: {
    title: 'Confirme su dirección de correo',
    text: (email) =>
      `Enviamos un enlace a ${email}. Hasta que lo abra, casi nada de su cuenta se puede cambiar.`,
    again: 'Enviar el enlace otra vez',
  },
};
