import { markup, type Markup } from './markup.ts';

/** A command to be copied. */
export function commandBox(label: string, command: string): Markup {
  return markup`<div class="command"><span class="label">${label}</span><code>${command}</code><button type="button" data-copy hidden aria-live="polite" aria-label="Copy the command: ${label}">Copy</button></div>`;
}
