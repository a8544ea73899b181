/** `alerts`: rules for what `observed` counts, as data, and in the words of Prometheus, Alertmanager and Grafana. */
import { dashboard } from './dashboard.ts';
import { failures, meanWait, success, sum } from './promql.ts';

/** Whom it wakes. `page`: somebody, now; `ticket`: somebody, in working hours. */
type Severity = 'page' | 'ticket';

export interface AlertRule {
  readonly name: string;
  /** PromQL; true where it has a result. */
  readonly expression: string;
  /** How long it must be so. */
  readonly for: string;
  readonly severity: Severity;
  readonly summary: string;
  /** Where it is suppressed: while one of these is firing for the same lock, which explains it. */
  readonly explainedBy?: readonly string[];
}

export const ALERTS: readonly AlertRule[] = [
  {
    name: 'HoldfastFailures',
    expression: `${failures('lock', 'increase', '1m')} > 10`,
    ...{ for: '1m', severity: 'page', summary: 'more than 10 attempts a minute fail' },
  },
  {
    name: 'HoldfastRenewalFailures',
    expression: `${sum('lock', 'increase(holdfast_lock_renewal_failures_total[5m])')} + ${sum('lock', 'increase(holdfast_lock_losses_total[5m])')} > 0`,
    ...{
      for: '0m',
      severity: 'page',
      summary: 'renewals fail, or leases end before their release: two may be at work',
    },
  },
  {
    name: 'HoldfastSuccess',
    expression: `${success('lock, pattern', '5m')} < 0.95`,
    ...{ for: '5m', severity: 'ticket', summary: 'less than 95 % of attempts are answered' },
    explainedBy: ['HoldfastFailures'],
  },
  {
    name: 'HoldfastMeanWait',
    expression: `${meanWait('lock, pattern', '5m')} > 1`,
    ...{ for: '5m', severity: 'ticket', summary: 'the mean wait for a grant is above 1 s' },
    explainedBy: ['HoldfastFailures'],
  },
  {
    name: 'HoldfastActive',
    expression: `${sum('lock', 'holdfast_lock_active')} > 100`,
    ...{ for: '5m', severity: 'ticket', summary: 'more than 100 leases are held at once' },
  },
];

export const ALERT_FORMATS = ['prometheus', 'alertmanager', 'grafana'] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

/** A file as the program of that name reads it. */
export function alertsAs(format: AlertFormat, rules: readonly AlertRule[] = ALERTS): string {
  switch (format) {
    case 'prometheus':
      return prometheusRules(rules);
    case 'alertmanager':
      return alertmanagerRoutes(rules);
    case 'grafana':
      return `${JSON.stringify(dashboard(), null, 2)}\n`;
  }
}

/** Strings in the notation of JSON, which is one of YAML's. */
const quoted = (text: string): string => JSON.stringify(text);

function prometheusRules(rules: readonly AlertRule[]): string {
  const written = rules.flatMap((rule) => [
    `      - alert: ${rule.name}`,
    `        expr: ${quoted(rule.expression)}`,
    `        for: ${rule.for}`,
    `        labels:`,
    `          severity: ${rule.severity}`,
    `        annotations:`,
    `          summary: ${quoted(`{{ $labels.lock }}: ${rule.summary}`)}`,
  ]);
  return ['groups:', '  - name: holdfast', '    rules:', ...written, ''].join('\n');
}

/** To be merged into a configuration that has receivers of these names. */
function alertmanagerRoutes(rules: readonly AlertRule[]): string {
  const suppressed = rules.filter(({ explainedBy = [] }) => explainedBy.length > 0);
  return [
    'route:',
    '  receiver: ticket',
    "  group_by: ['alertname', 'lock']",
    '  group_wait: 30s',
    '  group_interval: 5m',
    '  repeat_interval: 4h',
    '  routes:',
    `    - matchers: ['severity = "page"']`,
    '      receiver: page',
    '      repeat_interval: 1h',
    'inhibit_rules:',
    ...suppressed.flatMap(({ name, explainedBy = [] }) => [
      `  - source_matchers: [${quoted(`alertname =~ "${explainedBy.join('|')}"`)}]`,
      `    target_matchers: [${quoted(`alertname = "${name}"`)}]`,
      "    equal: ['lock']",
    ]),
    'receivers:',
    '  - name: page',
    '  - name: ticket',
    '',
  ].join('\n');
}
