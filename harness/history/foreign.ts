/**
 * Events as Jepsen and its kin write them, made into ours. What is said in other words is put into ours; what has no
 * meaning here is left out and counted, so that a verdict can say what it did not look at.
 */
export class ForeignEvents {
  readonly ignored = new Map<string, number>();

  /** Ours, as far as it can be told; `undefined` for what is left out. What is no event at all is returned as it is. */
  adapt(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const event: Readonly<Record<string, unknown>> = { ...value };
    const { process, type } = event;
    if (typeof process === 'string' && (type !== 'info' || (process === 'nemesis' && !isPhase(event['value'])))) {
      return this.#leaveOut(`events of process "${process}"`);
    }
    return withErrorCode({ ...event, ...keyOf(event), ...errorOf(event), ...swapOf(event) });
  }

  #leaveOut(what: string): undefined {
    this.ignored.set(what, (this.ignored.get(what) ?? 0) + 1);
  }
}

const isPhase = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'fault' in value && 'phase' in value;

function keyOf({ key }: Readonly<Record<string, unknown>>): object {
  return typeof key === 'number' ? { key: String(key) } : key === null ? { key: undefined } : {};
}

/** An exception, or a keyword with details: only what came of the operation matters, and `type` says that. */
function errorOf({ error, type }: Readonly<Record<string, unknown>>): object {
  if (error === undefined) return {};
  if (error === null || type === 'invoke' || type === 'ok') return { error: undefined };
  if (typeof error === 'string' || (typeof error === 'object' && 'code' in error)) return {};
  return { error: JSON.stringify(error) };
}

/** An error may be a text wherever it may stand. */
export function withErrorCode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('error' in value) || typeof value.error !== 'string')
    return value;
  return { ...value, error: { code: value.error } };
}

/** Jepsen's clients complete a `cas` that did not swap with `fail`. */
function swapOf({ f, type, swapped }: Readonly<Record<string, unknown>>): object {
  return f === 'cas' && type === 'ok' && swapped === undefined ? { swapped: true } : {};
}
