/** The contract that every lock fulfils, its errors, and the words for what a lock claims. */
export * from './lock.ts';
export type { Claim, Claims, Hazard, Property, PropertyClaims } from './claims.ts';
export type { DecoratorContext, DecoratorModule, Weakened } from './decorators/decorator.ts';
