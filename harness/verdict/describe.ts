/** Describing a lock that claims nothing: what a run has shown of it, as claims that it could make. */
import {
  isPromise,
  type Claims,
  type Hazard,
  type Property,
  type PropertyClaims,
} from 'holdfast-locks/internal/claims';
import type { Cell } from '../report/report.ts';

/** A run of such a lock describes it. */
export const claimsNothing = (cells: readonly Pick<Cell, 'claim'>[]): boolean =>
  cells.length > 0 && !cells.some(({ claim }) => isPromise(claim));

/** Of each property that held under any hazard: those hazards, and nothing beyond what was tried. */
export function supportedClaims(cells: readonly Cell[]): Claims {
  const supported: Partial<Record<Property, PropertyClaims>> = {};
  for (const [property, ofProperty] of Map.groupBy(cells, (cell) => cell.property)) {
    const held = ofProperty.filter(({ verdict, hazard }) => verdict === 'holds' && !hazard.includes('+'));
    if (held.length === 0) continue;
    const except = Object.fromEntries(held.map(({ hazard }): [Hazard, 'holds'] => [hazard.trim(), 'holds']));
    supported[property] = { otherwise: 'not-promised', except };
  }
  return supported;
}
