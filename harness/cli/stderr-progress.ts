/** Progress on stderr, so that stdout stays free for results. */
import { paintFor } from '../../reports/terminal/paint.ts';
import { startProgress, type Progress } from './progress.ts';

/** @param units what is counted, in the plural; default: plans */
export const progressOnStderr = (quiet: boolean, units = 'plans'): Progress =>
  startProgress({ output: process.stderr, quiet, paint: paintFor(process.stderr), units });
