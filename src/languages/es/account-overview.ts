import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountOverview: Texts['accountOverview'] = {
  title: 'Resumen',
  memberSince: 'Miembro desde el',
  edit: 'Editar el perfil',
  safety: 'Seguridad',
  safetyStates: {
    good: 'Su cuenta está bien protegida',
    warn: 'Su cuenta puede estar mejor protegida',
    bad: 'Su cuenta necesita su atención',
  },
  ways: {
    password: 'Contraseña',
    passkeys: (count) =>
      count === 0
        ? 'Claves de acceso'
        : plural('es', count, { one: '1 clave de acceso', other: `${count} claves de acceso` }),
    twoStep: 'Verificación en dos pasos',
    recovery: (count) =>
      plural('es', count, {
        one: 'Queda 1 código de recuperación',
        other: `Quedan ${count} códigos de recuperación`,
      }),
    providers: (names) => `Vinculadas: ${names}`,
  },
  off: 'Sin configurar',
  next: {
    email: 'Confirme su dirección de correo: le ayuda a volver a entrar.',
    way: 'Añada otro modo de entrar: sin el único que tiene, nadie puede abrir su cuenta.',
    passkey: 'Añada una clave de acceso. No se puede adivinar ni entregar a un sitio falso.',
    twoStep: 'Active la verificación en dos pasos, para que su contraseña sola no abra nada.',
    recovery: 'Genere códigos de recuperación nuevos antes de usar el último.',
  },
  go: {
    email: 'Confirmarla',
    way: 'Añadir uno',
    passkey: 'Añadir una clave de acceso',
    twoStep: 'Activarla',
    recovery: 'Generar nuevos',
  },
  security: 'Toda la seguridad',
  plan: 'Plan y uso',
  until: 'Hasta el',
  credits: (count, shown) =>
    plural('es', count, {
      one: `${shown} crédito`,
      many: `${shown} de créditos`,
      other: `${shown} créditos`,
    }),
  nothing: 'Su plan no tiene límites que vigilar.',
  usage: 'Todo el uso',
  billing: 'Plan y pago',
  devices: 'Dispositivos',
  lastSignIn: 'Último inicio de sesión:',
  active: 'Última actividad:',
  others: (count) => `y ${count} más`,
  allDevices: 'Todos los dispositivos',
  activity: 'Actividad',
  organizations: 'Organizaciones',
  noOrganization: 'En una organización comparte un plan con otras personas.',
  allOrganizations: 'Todas las organizaciones',
};
