import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountSecurity: Texts['accountSecurity'] = {
  title: 'Seguridad',
  ways: 'Datos de inicio de sesión',
  password: 'Contraseña',
  passwordText: 'Al cambiarla se cierra la sesión en todos los demás dispositivos.',
  current: 'Contraseña actual',
  change: 'Cambiar la contraseña',
  noPassword: 'Su cuenta no tiene contraseña. Podemos enviarle un enlace para establecer una.',
  setPassword: 'Enviarme el enlace',
  email: 'Dirección de correo',
  verified: 'Confirmado',
  unverified: 'Sin confirmar',
  newEmail: 'Nueva dirección de correo',
  emailHint: 'Enviamos allí un enlace. Su dirección cambia cuando lo abre.',
  changeEmail: 'Cambiar la dirección',
  passwordFirst: 'Para cambiar su dirección, establezca primero una contraseña.',
  phone: 'Número de teléfono',
  noPhone: 'Su perfil no tiene número de teléfono.',
  addPhone: 'Añadir uno',
  phoneText: 'Confirme su número y podrá iniciar sesión con un código que le enviamos por SMS.',
  unreachable: 'No podemos enviar SMS a este número.',
  sendCode: 'Recibir un código por SMS',
  sendAnother: 'Recibir otro código por SMS',
  code: 'Código del SMS',
  confirm: 'Confirmar',
  done: {
    password_breached: 'Su contraseña se conoce por una filtración de otro servicio. Elija aquí una nueva.',
    password_changed: 'Tiene una contraseña nueva. La sesión está cerrada en todos los demás dispositivos.',
    password_mailed: 'Le enviamos un enlace para establecer una contraseña. Es válido durante una hora.',
    link_sent: 'Hay un enlace en camino, si no ha recibido varios en la última hora.',
    email_asked: 'Enviamos un enlace a la nueva dirección. Será la suya cuando lo abra.',
    code_sent: 'Le enviamos un código. Es válido durante diez minutos.',
    phone_verified: 'Su número de teléfono está confirmado.',
    passkey_added: 'A partir de ahora puede iniciar sesión con esta clave de acceso.',
    passkey_confirmed:
      'A partir de ahora, al iniciar sesión con su contraseña se pide un segundo paso, para el que sirve esta clave de acceso.',
    passkey_renamed: 'La clave de acceso tiene un nombre nuevo.',
    passkey_removed:
      'La clave de acceso ya no permite iniciar sesión. Si su dispositivo aún la tiene, elimínela también allí.',
  },
};
