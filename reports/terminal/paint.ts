/** Colour in the terminal: decoration only; every report reads the same without it. */
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** No colour at all. */
export const plain: Paint = (_style, text) => text;

/** Colour where `stream` is a terminal that shows it; honours `NO_COLOR`, `NODE_DISABLE_COLORS` and `FORCE_COLOR`. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (style, text) => styleText(style, text, { stream, validateStream: true });
}
