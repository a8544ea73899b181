/** Numbers and phrases as every report writes them. */
import { BREACH_KINDS, type BreachKind } from '../harness/report/breach.ts';
import type { Cell, LockReport, Report } from '../harness/report/report.ts';

const GROUPED = new Intl.NumberFormat('en-US');

/** 4213 → `4,213`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** `1 hazard`, `3 hazards`; `1 try`, `2 tries`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A number of milliseconds with about three significant digits, without its unit: `0.41`, `12.3`, `1,204`. */
export function milliseconds(value: number): string {
  if (value < 10) return value.toFixed(2);
  if (value < 100) return value.toFixed(1);
  return count(Math.round(value));
}

/** A number of any unit with about three significant digits: `0.00012`, `0.41`, `12.3`, `1,204`. */
export function significant(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100
    ? count(Math.round(value))
    : String(Number(value.toPrecision(3)));
}

/** How long something took, for people: `850 ms`, `4.2 s`, `3 min 05 s`, `1 h 12 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A bound, given as a fraction, in percent and rounded up, so that it stays true: 0.01389 → `1.4 %`. */
export function percentAtMost(fraction: number): string {
  const percent = fraction * 100;
  const digits = percent >= 10 ? 0 : percent >= 1 ? 1 : percent >= 0.01 ? 2 : 3;
  const scale = 10 ** digits;
  return `${(Math.ceil(percent * scale - 1e-9) / scale).toFixed(digits)} %`;
}

/** `2026-11-21T12:57:05.123Z` → `2026-11-21 12:57 UTC`. */
export function moment(iso: string): string {
  const utc = new Date(iso).toISOString();
  return `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC`;
}

/** `under client-pause`, `without faults`, `under client-pause + server-crash`. */
export function underHazard(hazard: string): string {
  return hazard === 'none' ? 'without faults' : `under ${hazardName(hazard)}`;
}

/** The hazard of a cell as a name in a list. */
export function hazardName(hazard: string): string {
  return hazard === 'none' ? 'no faults' : hazard.split('+').join(' + ');
}

/** Names up to `most` hazards, else counts them: `under reset, latency`, `without faults and under 17 hazards`. */
export function underHazards(cells: readonly Cell[], most = 3): string {
  const quiet = cells.some((cell) => cell.hazard === 'none');
  const faulty = cells.filter((cell) => cell.hazard !== 'none').map((cell) => hazardName(cell.hazard));
  if (faulty.length === 0) return 'without faults';
  const under = `under ${faulty.length <= most ? faulty.join(', ') : counted(faulty.length, 'hazard')}`;
  return quiet ? `without faults and ${under}` : under;
}

/** `redis 7.0.15, sentinel, native servers`. */
export function backendPhrase({ backend }: LockReport): string {
  const { kind, version, topology, provisioner } = backend;
  if (provisioner === 'sim') return `simulated ${kind}, ${topology}`;
  const where = { docker: 'in containers', native: 'native processes', external: 'external servers' }[provisioner];
  return `${kind} ${version}, ${topology}, ${where}`;
}

/** `8.1.0, python 3.11.2, in a process of its own: the pipe adds 58 µs to a call (median of 1,204; p99 310 µs)`. */
export function libraryPhrase({ library = {}, pipe }: LockReport): string | undefined {
  const { version, language } = library;
  const said = [version, language].filter((one) => one !== undefined && one !== '');
  if (pipe !== undefined) {
    const [p50, p99] = [pipe.p50Us, pipe.p99Us].map((us) => count(Math.round(us)));
    said.push(
      `in a process of its own: the pipe adds ${p50} µs to a call (median of ${count(pipe.calls)}; p99 ${p99} µs)`,
    );
  }
  return said.length === 0 ? undefined : said.join(', ');
}

/**
 * The claims that a lock without any could make, as they are pasted: into the JSON of a subject file, or into a lock module
 * in TypeScript. None: nothing held.
 */
export function supportedLines({ supportedClaims = {}, pipe }: LockReport): readonly string[] {
  const entries = Object.entries(supportedClaims);
  if (entries.length === 0) return [];
  if (pipe !== undefined) {
    const lines = entries.map(([property, claims]) => `  "${property}": ${JSON.stringify(claims)}`);
    return ['"claims": {', ...lines.map((line, at) => (at < lines.length - 1 ? `${line},` : line)), '}'];
  }
  return ['claims: {', ...entries.map(([property, claims]) => `  ${nameIn(property)}: ${literal(claims)},`), '},'];
}

const nameIn = (name: string): string => (/^[a-z]+$/.test(name) ? name : `'${name}'`);

/** A value of JSON as TypeScript has it. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${nameIn(name)}: ${literal(field)}`);
  return `{ ${fields.join(', ')} }`;
}

/** What a search in the simulation came to before real servers were asked; `undefined` where there was none. */
export function searchPhrase({ search }: LockReport): string | undefined {
  if (search === undefined) return undefined;
  const { schedules, found } = search;
  const searched = `${counted(schedules, 'schedule')} simulated first`;
  if (found === undefined) return `${searched}: nothing found`;
  const confirmed = found.reproduced ? 'confirmed by' : 'not reproduced on';
  return `${searched}: ${found.property} broken under ${found.hazards.map(hazardName).join(' + ')}, ${confirmed} the real servers`;
}

/** `Debian 12, 2 × Intel Xeon, 7.8 GiB, Node 24.21.0; timers late by 3 ms (p99)`. */
export function machinePhrase({ machine }: Report): string {
  const { os, cores, cpu, memoryGiB, node, timerLatenessMs } = machine;
  const hardware = `${os}, ${cores} × ${cpu}, ${Number(memoryGiB.toFixed(1))} GiB, Node ${node}`;
  return `${hardware}; timers late by ${duration(timerLatenessMs)} (p99)`;
}

/** What became of the writes, for people; empty where no resource was used. */
export function checkedPhrase({ increments, overruns, refusedStale, cells }: LockReport): string {
  const parts: string[] = [];
  const what = cells.some(({ property }) => property === 'invariant') ? 'operation under a lease' : 'locked increment';
  if (increments > 0)
    parts.push(counted(increments, what, what.replace('operation', 'operations').replace('increment', 'increments')));
  if (overruns > 0) parts.push(`${counted(overruns, 'write')} after the end of the writer's lease`);
  if (refusedStale > 0) parts.push(`${counted(refusedStale, 'stale use')} refused by the fence`);
  return parts.join(', ');
}

/** What a try and its bound are, wherever they are shown. */
export const EVIDENCE_LEGEND =
  'A try is a fault that took effect or, without faults, a run. "0 of 214, below 1.4 %" means: no violation in ' +
  '214 tries, hence, with 95 % confidence, fewer than 1.4 % of such tries would show one.';

/** What a simulation does not prove. */
export const SIMULATION_NOTE =
  'no real server took part; time, network and servers were simulated. This tests the algorithm and the ' +
  'code, not a server, a driver or a network, and its latencies measure nothing.';

/** What the reader must not overlook when nothing real was tested; `undefined` when everything was real. */
export function simulationWarning({ locks }: Report): string | undefined {
  const simulated = locks.filter(isSimulated);
  if (simulated.length === 0) return undefined;
  const which = simulated.length === locks.length ? '' : `${simulated.map(({ name }) => name).join(', ')}: `;
  return `${which}${SIMULATION_NOTE}`;
}

/** Whether its latencies are those of a simulated clock. */
export function isSimulated({ backend }: LockReport): boolean {
  return backend.provisioner === 'sim';
}

/** What the reader must not overlook when the machine could not keep time. */
export function busyWarning(timerLatenessMs: number): string {
  return (
    `The machine was too busy to judge: its timers were late by ${duration(timerLatenessMs)} (p99). ` +
    'Deadlines passed late for everybody; run again with fewer workers, a longer lease or an idle machine.'
  );
}

/** The latencies of a cycle, in its order. */
export const LATENCIES = ['acquire', 'try', 'hold', 'renew', 'release', 'handover'] as const;

/** Throughput, fairness and cost in a line; empty where nothing was measured. */
export function ratesPhrase({ throughput, applicationRate, fairness, commandsPerCycle, cpu }: LockReport): string {
  const parts: string[] = [];
  if (throughput !== undefined) parts.push(`${count(Math.round(throughput))} cycles/s`);
  if (applicationRate !== undefined)
    parts.push(`${count(Math.round(applicationRate.perSecond))} ${applicationRate.unit}/s`);
  if (fairness !== undefined) parts.push(`fairness ${fairness.toFixed(2)} (Jain)`);
  if (commandsPerCycle !== undefined) parts.push(`${commandsPerCycle.toFixed(1)} commands a cycle`);
  const processors = [
    ...(cpu?.clientMs === undefined ? [] : [`clients ${duration(cpu.clientMs)}`]),
    ...(cpu?.serverMs === undefined ? [] : [`servers ${duration(cpu.serverMs)}`]),
  ];
  if (processors.length > 0) parts.push(`CPU of ${processors.join(', ')}`);
  return parts.join(', ');
}

/** At most `most` characters, with an ellipsis where something was cut; nothing where there is no room at all. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : most < 1 ? '' : `${text.slice(0, most - 1)}…`;
}

/** What a breach is, in words. */
const BREACH_TITLES: Readonly<Record<BreachKind, string>> = {
  unfinished: 'a call never came back',
  'unhandled-error': 'an error was left to nobody',
  exit: 'the process was ended',
  'runs-on': 'something went on after close',
  contract: 'a call departs from the contract',
};

const isBreach = (shown: string): shown is BreachKind => BREACH_KINDS.some((kind) => kind === shown);

/** `exclusion violated`, or what the breach is. */
export const shownPhrase = (shown: string): string =>
  isBreach(shown)
    ? BREACH_TITLES[shown]
    : shown === 'application'
      ? 'the application breaks its own invariant'
      : `${shown} violated`;

/** What stands in a report beside the cells: what no lock may do, and what the application did wrong. */
export interface Beside {
  readonly by: 'lock' | 'application';
  readonly kind: string;
  /** `an error was left to nobody`. */
  readonly what: string;
  readonly message: string;
  readonly plans: number;
  readonly story: readonly string[];
  readonly replay: string;
}

export const besidesOf = ({
  breaches = [],
  applicationFaults = [],
}: Pick<LockReport, 'breaches' | 'applicationFaults'>): readonly Beside[] => [
  ...breaches.map((breach) => ({ ...breach, by: 'lock' as const, what: BREACH_TITLES[breach.kind] })),
  ...applicationFaults.map((fault) => ({
    ...{ ...fault, by: 'application' as const, kind: 'application' },
    what: `the lock kept its word, the application ${fault.scenario} did not: ${fault.invariant}`,
  })),
];

/** `redlock: an error was left to nobody (in 3 plans)`. */
export const besideTitle = (lock: string, { what, plans }: Beside): string =>
  `${lock}: ${what} (in ${counted(plans, 'plan')})`;
