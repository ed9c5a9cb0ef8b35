import type { Block } from './types.ts';

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Longest name that is told: it may come from a model. */
const MAX_NAME_LENGTH = 256;

/** A name of a tool or an agent. */
export function nameOf(value: unknown): string | undefined {
  return textOf(value)?.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

/** The parts of a message, where it has parts. */
export function blocksOf(content: unknown): readonly Block[] {
  return Array.isArray(content)
    ? content.filter((block): block is Block => typeof block === 'object' && block !== null)
    : [];
}

/** What a result with an error says, for the judgement. */
export function toolErrorText(content: unknown): string {
  if (typeof content === 'string') return content;
  return blocksOf(content)
    .map((block) => textOf((block as { readonly text?: unknown }).text) ?? '')
    .join('\n');
}
