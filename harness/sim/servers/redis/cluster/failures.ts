/** Finding out which nodes have failed: pings, what other primaries report, and the decision of a majority. */
import type { Peer, View } from './view.ts';

/** A node that does not answer for so long is taken for dead, as the real ones are started. */
export const NODE_TIMEOUT_MS = 1000;
/** Reports are worth something for so long; a primary that is back is believed after so long. */
const REPORT_MS = NODE_TIMEOUT_MS * 2;

/** Those that are to be pinged now: after half of their time, and again as long as they owe an answer. */
export function dueForPing(view: View, now: number): readonly Peer[] {
  return view.others.filter(
    ({ pingedAt, answeredAt }) => pingedAt !== undefined || now - answeredAt > NODE_TIMEOUT_MS / 2,
  );
}

/** Suspects those that owe an answer for too long. */
export function suspect(view: View, now: number): void {
  for (const peer of view.others) {
    if (peer.pingedAt === undefined || peer.failing !== 'no') continue;
    if (Math.min(now - peer.pingedAt, now - peer.heardAt) > NODE_TIMEOUT_MS) peer.failing = 'perhaps';
  }
}

/** It has answered. */
export function answered(view: View, peer: Peer, now: number): void {
  peer.pingedAt = undefined;
  peer.answeredAt = now;
  if (peer.failing === 'perhaps') peer.failing = 'no';
  const mayBeBack = peer.primary !== undefined || view.shardsOf(peer.node).length === 0;
  if (peer.failing === 'yes' && (mayBeBack || now - peer.failedAt > REPORT_MS)) peer.failing = 'no';
}

/** A primary has said which nodes fail by its own lights. @returns those that by this have failed for all */
export function report(view: View, by: number, failing: readonly number[], now: number): readonly Peer[] {
  return view.others.filter((peer) => {
    if (peer.node === by) return false;
    if (!failing.includes(peer.node)) {
      peer.reports.delete(by);
      return false;
    }
    peer.reports.set(by, now);
    return hasFailed(view, peer, now);
  });
}

function hasFailed(view: View, peer: Peer, now: number): boolean {
  for (const [by, at] of peer.reports) if (now - at > REPORT_MS) peer.reports.delete(by);
  if (peer.failing !== 'perhaps') return false;
  const own = view.me.primary === undefined ? 1 : 0;
  if (peer.reports.size + own < view.majority) return false;
  fail(peer, now);
  return true;
}

export function fail(peer: Peer, now: number): void {
  if (peer.failing === 'yes') return;
  peer.failing = 'yes';
  peer.failedAt = now;
}
