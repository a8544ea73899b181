/** Questions to Prometheus about what `observed` counts. */

export const sum = (by: string, what: string): string => `sum by (${by}) (${what})`;
/** Waits in vain and errors, callers who gave up themselves left out. */
export const failures = (by: string, over: string, range: string): string =>
  `${sum(by, `${over}(holdfast_lock_timeouts_total[${range}])`)} + ${sum(by, `${over}(holdfast_lock_errors_total{code!="LOCK_ABORTED"}[${range}])`)}`;
const answers = (by: string, range: string): string =>
  `${sum(by, `rate(holdfast_lock_grants_total[${range}])`)} + ${sum(by, `rate(holdfast_lock_busy_total[${range}])`)}`;

export const success = (by: string, range: string): string =>
  `(${answers(by, range)}) / (${answers(by, range)} + ${failures(by, 'rate', range)})`;
export const meanWait = (by: string, range: string): string =>
  `${sum(by, `rate(holdfast_lock_wait_seconds_sum[${range}])`)} / ${sum(by, `rate(holdfast_lock_wait_seconds_count[${range}])`)}`;
