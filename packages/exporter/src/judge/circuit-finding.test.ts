import { Finding } from '@aftertrace/schema';
import { describe, expect, it } from 'vitest';

import { assembling } from '../testing/assembling.ts';
import type { LogInput } from '../testing/otlp-builder.ts';
import { createFindingDesk } from './finding-desk.ts';

function findingsOf(...logs: readonly LogInput[]): readonly Finding[] {
  const desk = createFindingDesk();
  const found: Finding[] = [];
  const { assembler: _assembler, ...take } = assembling({
    onEvent: (record) => void found.push(...desk.fromEvent(record)),
  });
  take.logs(0, ...logs);
  return found.map((finding) => Finding.parse(finding));
}

function circuit(state: string, mode = 'enforce'): LogInput {
  return {
    event: 'aftertrace.circuit',
    span: 'tool',
    attributes: {
      'aftertrace.run.id': 'run-1',
      'gen_ai.agent.name': 'support',
      'gen_ai.tool.name': 'refund\u001b[31m',
      'aftertrace.circuit.state': state,
      'aftertrace.circuit.rule': 'refunds-fail',
      'aftertrace.circuit.mode': mode,
    },
  };
}

describe('a circuit that opened', () => {
  it('is a finding, once, of its tool, agent and rule', () => {
    const found = findingsOf(circuit('open'), circuit('open'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      kind: 'circuit_open',
      agent: 'support',
      rule: 'refunds-fail',
      severityHint: 'sev3',
      fingerprintParts: ['circuit_open', 'support', 'refund\u001b[31m', 'refunds-fail'],
    });
    expect(found[0]?.summary).not.toContain('\u001b');
  });

  it('in shadow is less grave, and one that closed is none', () => {
    expect(findingsOf(circuit('open', 'shadow'))[0]).toMatchObject({ severityHint: 'sev4' });
    expect(findingsOf(circuit('closed'))).toEqual([]);
  });
});
