/** The scale of a timeline: from milliseconds to pixels. */
import type { Timeline } from '../../harness/report/report.ts';

export const WIDTH = 1000;
/** Left of the plot stand the names of the lanes. */
export const LEFT = 112;
export const RIGHT = 16;

export interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  /** Pixels from the left; moments outside lie on the edge. */
  readonly x: (ms: number) => number;
}

export function scaleOf({ fromMs, toMs }: Timeline): Scale {
  const width = Math.max(toMs - fromMs, 0.001);
  const x = (ms: number): number => {
    const within = Math.min(Math.max(ms, fromMs), toMs);
    return round(LEFT + ((within - fromMs) / width) * (WIDTH - LEFT - RIGHT));
  };
  return { fromMs, toMs, x };
}

/** To a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The width of a span in pixels, but at least so much that it can be seen. */
export function widthOf(fromMs: number, toMs: number, scale: Scale, least = 2): number {
  return Math.max(round(scale.x(toMs) - scale.x(fromMs)), least);
}
