import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminPlans: Texts['adminPlans'] = {
  text: 'Los planes limitan lo que los usuarios pueden usar. Un espacio tiene los planes comunes hasta que guarde uno propio.',
  limits: 'Límites',
  limitsHint:
    'Un número entero o «sin límite». Un recurso sin ningún límite no forma parte del plan. Los límites de las variables de entorno prevalecen sobre estos.',
  perDay: (resource) => `${resource} al día`,
  perMonth: (resource) => `${resource} al mes`,
  overage: (resource) => `${resource} por encima`,
  overageHint:
    'Lo que supera un límite se rechaza, salvo que tenga un precio en créditos, «2» por cada uno o «1 / 1000» por cada millar empezado, o que lo cobre un contador (meter) de Stripe: indique el nombre de sus eventos.',
  newResource: 'Otro recurso',
  newResourceHint: 'Un nombre, por ejemplo images. Sus límites:',
  name: 'Nombre',
  tiers: 'Niveles de modelos',
  tiersHint: 'Separados por espacios; * para todos',
  credits: 'Créditos al mes',
  rollover: 'Créditos sin usar que se conservan',
  rolloverHint: 'Cuántos de un mes se pueden gastar en el siguiente; 0 para ninguno, o «sin límite»',
  features: 'Funciones',
  featuresHint: 'Nombres que conocen sus aplicaciones, separados por espacios',
  add: 'Añadir un plan',
  id: 'Identificador',
  idHint: 'a–z, 0–9 y «-». No se puede cambiar después.',
  addButton: 'Añadir',
};
