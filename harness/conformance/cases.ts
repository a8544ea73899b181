/** The one table of cases that every lock passes. */
import type { ConformanceCase } from './case.ts';
import { costCases } from './cases/cost.ts';
import { exclusionCases } from './cases/exclusion.ts';
import { familyCases } from './cases/families.ts';
import { keyCases } from './cases/keys.ts';
import { leaseCases } from './cases/lease.ts';
import { recoveryCases } from './cases/recovery.ts';
import { releaseCases } from './cases/release.ts';
import { waitingCases } from './cases/waiting.ts';

export const CASES: readonly ConformanceCase[] = [
  ...exclusionCases,
  ...waitingCases,
  ...leaseCases,
  ...releaseCases,
  ...recoveryCases,
  ...keyCases,
  ...costCases,
  ...familyCases,
];
