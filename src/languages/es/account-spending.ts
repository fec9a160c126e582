import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountSpending: Texts['accountSpending'] = {
  title: 'Topes de gasto',
  own: 'Cuánto se puede gastar, al día y al mes (UTC). Lo que pase de ahí se rechaza.',
  none: 'En este momento no hay ningún tope.',
  change: 'Fijar topes',
  usedOf: {
    day: (used, most) => `${used} de ${most} hoy`,
    month: (used, most) => `${used} de ${most} este mes`,
  },
  shared: 'Cuánto pueden gastar todos los miembros juntos, al día y al mes (UTC).',
  operator:
    'Cuánto se puede gastar, al día y al mes (UTC). Nadie pasa de lo que usted fije aquí; entre sus topes y los propios vale el más bajo.',
  ofEverybody: 'Topes de cada miembro',
  ofEverybodyText: 'Cuánto puede usar al día y al mes (UTC) cada miembro que no tiene topes propios.',
  ofMember: (name) => `Topes de ${name}`,
  ofMemberText: 'Cuánto puede usar este miembro de lo que todos comparten, al día y al mes (UTC).',
  emptyIsEverybody:
    'Una línea rellenada sustituye a los topes de cada miembro. Si ambos campos están vacíos, valen estos.',
  everybodyMost: (most) => `cada miembro: como máximo ${most}`,
  credits: 'Créditos',
  day: (name) => `${name} al día`,
  month: (name) => `${name} al mes`,
  spent: (used) => `gastado: ${used}`,
  operatorMost: (most) => `como máximo ${most}: lo fijó un operador`,
  ownMost: (most) => `el suyo: como máximo ${most}`,
  save: 'Guardar los topes',
  emptyIsNone: 'Un campo vacío significa que no hay tope.',
  sources: {
    plan: 'Del plan',
    gift: 'Regalados',
    pack: 'Comprados',
  },
  sourcesTitle: 'De dónde vienen los créditos',
  order: 'Primero se gasta lo que vence antes, después los créditos del plan y después los regalados.',
  expiring: (amount) => `${amount} para usar antes del`,
  reserved: (amount) => `Reservados de ellos: ${amount}.`,
  from: 'Desde',
};
