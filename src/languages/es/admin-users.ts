import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

const users = (count: number, shown: string) =>
  plural('es', count, {
    one: `${shown} usuario`,
    many: `${shown} de usuarios`,
    other: `${shown} usuarios`,
  });
const usersIn = (count: number) => users(count, String(count));

/** In Spanish. */
export const adminUsers: Texts['adminUsers'] = {
  copyId: 'Copiar el identificador',
  saved: 'Guardados',
  savedName: 'Nombre de este filtro',
  save: 'Guardar',
  remove: 'Eliminar',
  q: 'Buscar',
  qHint: 'Correo, nombre, nombre de usuario, teléfono o identificador',
  filters: 'Más filtros',
  any: 'Cualquiera',
  yes: 'Sí',
  no: 'No',
  status: 'Estado',
  role: 'Rol',
  plan: 'Plan',
  verified: 'Dirección verificada',
  anonymous: 'Anónimo',
  createdAfter: 'Registrado desde el',
  createdBefore: 'Registrado antes del',
  search: 'Buscar',
  all: 'Mostrar todos',
  new: 'Nuevo usuario',
  found: (total, shown, isExact) =>
    total === 0 ? 'No se encontraron usuarios' : `${users(total, shown)}${isExact ? '' : ' o más'}`,
  paging: 'Páginas de la lista',
  first: 'Primera página',
  next: 'Página siguiente',
  chooseNamed: (email) => `Seleccionar ${email}`,
  columns: {
    email: 'Correo electrónico',
    name: 'Nombre',
    username: 'Nombre de usuario',
    status: 'Estado',
    role: 'Rol',
    plan: 'Plan',
    email_verified: 'Verificado',
    created_at: 'Registro',
    last_login_at: 'Último inicio de sesión',
  },
  bulk: {
    page: 'Seleccionar todos los de esta página',
    chosen: 'Seleccionados: #',
    result: (count) => `Todos los resultados (${count})`,
    progress: (done, count) => `Tratados: ${done} de ${count}`,
    act: 'Acción',
    acts: {
      suspend: 'Suspender',
      reactivate: 'Reactivar',
      verify: 'Marcar la dirección como verificada',
      reset: 'Exigir una contraseña nueva',
    },
    button: 'Continuar',
    confirm: {
      suspend: (count) => `¿Suspender a ${usersIn(count)}?`,
      reactivate: (count) => `¿Reactivar a ${usersIn(count)}?`,
      verify: (count) =>
        plural('es', count, {
          one: '¿Marcar la dirección de un usuario como verificada?',
          other: `¿Marcar las direcciones de ${usersIn(count)} como verificadas?`,
        }),
      reset: (count) => `¿Exigir una contraseña nueva a ${usersIn(count)}?`,
    },
    confirmed: {
      suspend: (count) => `Suspender a ${usersIn(count)}`,
      reactivate: (count) => `Reactivar a ${usersIn(count)}`,
      verify: (count) =>
        plural('es', count, { one: 'Verificar la dirección', other: `Verificar ${count} direcciones` }),
      reset: (count) => `Escribir a ${usersIn(count)}`,
    },
    effects: {
      suspend: 'Su sesión se cierra en todas partes y no pueden iniciarla hasta que se les reactive.',
      reactivate: 'Pueden volver a iniciar sesión.',
      verify: 'Entonces pueden hacer lo que exige una dirección verificada.',
      reset:
        'Su sesión se cierra en todas partes. Cada uno recibe por correo un enlace para establecer una contraseña nueva.',
    },
    more: (count) => `y ${count} más`,
    cancel: 'Cancelar',
  },
  partly: (changed, failed) => `Cambiados: ${changed}. Sin cambiar: ${failed}.`,
  done: {
    suspend: (count) => `Suspendidos: ${count}.`,
    reactivate: (count) => `Reactivados: ${count}.`,
    verify: (count) => `Direcciones marcadas como verificadas: ${count}.`,
    reset: (count) => `Enlaces para una contraseña nueva enviados: ${count}.`,
    deleted: () => 'El usuario se ha eliminado.',
  },
};
