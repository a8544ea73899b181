import { isPromise } from '../claims.ts';
import type { Claim, Claims, Property, PropertyClaims } from '../claims.ts';

/** The claims without any promise of these properties; what does not apply goes on not applying. */
export function notPromised(claims: Claims, properties: readonly Property[]): Claims {
  return Object.fromEntries(
    Object.entries(claims).map(([property, made]) => [
      property,
      properties.includes(property as Property) ? without(made) : made,
    ]),
  );
}

const weaker = (claim: Claim): Claim => (isPromise(claim) ? 'not-promised' : claim);

function without({ otherwise, except = {}, together = [] }: PropertyClaims): PropertyClaims {
  const excepted = Object.entries(except).map(([hazard, claim = otherwise]) => [hazard, weaker(claim)]);
  return {
    otherwise: weaker(otherwise),
    except: Object.fromEntries(excepted),
    together: together.map((one) => ({ ...one, claim: weaker(one.claim) })),
  };
}
