/** Who has called a command: how it is told what goes on, and how it says that it is enough. */
import { redact } from '../backends/address.ts';

export interface CommandOptions<Event> {
  /** Ends the command in order: its result says so, and is of what was seen until then. */
  readonly signal?: AbortSignal;
  /** Told what goes on, while it does. What it throws ends the command. */
  readonly onEvent?: (event: Event) => void;
  /** What the report names as its command; default: the call itself, credentials redacted. */
  readonly command?: string;
}

export interface Caller<Event> {
  readonly signal: AbortSignal;
  readonly tell: (event: Event) => void;
  readonly command: string;
}

/** @param name of the command */
export function callerOf<Event>(name: string, request: unknown, options: CommandOptions<Event>): Caller<Event> {
  return {
    signal: options.signal ?? new AbortController().signal,
    tell: options.onEvent ?? (() => undefined),
    command: options.command ?? redact(`${name}(${JSON.stringify(request)})`),
  };
}
