import { classOfMessage } from '../classify.ts';
import { messageOf } from '../message.ts';
import type { Layer } from '../peel.ts';
import { isObject, pointerTo, read } from '../read.ts';
import type { Rule } from '../rule.ts';

/** Rules about the envelopes of protocols and frameworks. */
export const protocolRules: readonly Rule<Layer>[] = [
  {
    id: 'mcp.is_error',
    family: 'mcp',
    looksAt: 'isError (Model Context Protocol), is_error (Anthropic)',
    description: '`true`. `false` says nothing: servers set it whatever their text says.',
    judge: ({ value, pointer }) => {
      const key = ['isError', 'is_error'].find((name) => read(value, name) === true);
      if (key === undefined) return undefined;
      return {
        outcome: 'failed',
        certainty: 'certain',
        channel: 'mcp_is_error',
        class: classOfMessage(messageOf(value)),
        evidence: { pointer: pointerTo(pointer, key) },
      };
    },
  },
  {
    id: 'framework.error_output',
    family: 'framework',
    looksAt: 'type',
    description: 'A tool output of the AI SDK of type `error-text`, `error-json` or `tool-error`.',
    judge: ({ value, pointer }) => {
      const type = read(value, 'type');
      if (type !== 'error-text' && type !== 'error-json' && type !== 'tool-error') return undefined;
      return {
        outcome: 'failed',
        certainty: 'certain',
        channel: 'framework',
        class: classOfMessage(messageOf(read(value, 'value') ?? read(value, 'error'))),
        evidence: { pointer: pointerTo(pointer, 'type') },
      };
    },
  },
  {
    id: 'framework.execution_denied',
    family: 'framework',
    looksAt: 'type',
    description: 'A tool output of the AI SDK of type `execution-denied`: a person said no.',
    judge: ({ value, pointer }) =>
      read(value, 'type') === 'execution-denied'
        ? {
            outcome: 'denied',
            certainty: 'certain',
            channel: 'framework',
            evidence: { pointer: pointerTo(pointer, 'type') },
          }
        : undefined,
  },
  {
    id: 'result.error_object',
    family: 'framework',
    looksAt: 'the kind of the returned object',
    description: 'An `Error` was returned instead of thrown.',
    judge: ({ value, pointer }) => {
      if (!isObject(value) || Object.prototype.toString.call(value) !== '[object Error]') {
        return undefined;
      }
      return {
        outcome: 'failed',
        certainty: 'certain',
        channel: 'result',
        class: classOfMessage(messageOf(value)),
        evidence: { pointer },
      };
    },
  },
];
