/** Holders and keys, as an operator reads them. */
import type { HolderView, KeyView } from '../commands/key-view.ts';
import type { ForceResult } from '../commands/operate.ts';
import type { WatchEvent } from '../commands/watch-key.ts';

export function keyLines({ key, lock, holders, waiting }: KeyView): string[] {
  const queue = waiting === undefined ? '' : `, ${waiting} waiting`;
  const held = holders.length === 0 ? 'free' : `held by ${holders.length}`;
  return [`${key} (${lock}): ${held}${queue}`, ...holders.map((holder) => `  ${holderWords(holder)}`)];
}

function holderWords({ id, mode, fencingToken, heldForMs, remainingMs, detail }: HolderView): string {
  return [
    `${id} ${mode}`,
    ...(fencingToken === undefined ? [] : [`fence ${fencingToken}`]),
    ...(heldForMs === undefined ? [] : [`since ${clockTime(-heldForMs)} (${seconds(heldForMs)})`]),
    ...(remainingMs === undefined ? [] : [`until ${clockTime(remainingMs)} (${seconds(remainingMs)}) unless renewed`]),
    ...(detail === undefined ? [] : [detail]),
  ].join(', ');
}

export function lineOfEvent(event: WatchEvent): string {
  return `${clockTime(0)} ${eventWords(event)}`;
}

function eventWords(event: WatchEvent): string {
  switch (event.type) {
    case 'seen':
    case 'held':
      return `${event.type === 'seen' ? 'is held by' : 'granted to'} ${holderWords(event.holder)}`;
    case 'gone':
      return `no longer held by ${event.holder.id}`;
    case 'renewed':
      return `renewed by ${event.holder.id} (${event.count} times seen)`;
    case 'waiting':
      return `${event.waiting} waiting`;
    case 'free':
      return 'free';
  }
}

export function inWords({ outcome, key, lock, holder, fence, notice }: ForceResult): string[] {
  const name = JSON.stringify(key);
  switch (outcome) {
    case 'freed':
      return [
        `${name} was taken from ${holder?.id ?? 'its holder'} (${lock ?? ''}).`,
        ...(fence === undefined ? [] : [`Refuse fencing tokens below ${fence} to shut it out at once.`]),
        ...(notice === undefined ? [] : [notice]),
      ];
    case 'changed':
      return [`Nothing was done: ${name} is not held any more by the holder that was meant.`];
    case 'free':
      return [`Nothing was done: nobody holds ${name}.`];
    case 'declined':
      return ['Nothing was done.'];
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** By the clock of this machine. */
function clockTime(inMs: number): string {
  return new Date(Date.now() + inMs).toISOString();
}
