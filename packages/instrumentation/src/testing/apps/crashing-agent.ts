/** An agent process that has something to prove and is killed before anybody hears of it. */
import { recordOverride } from '../../index.ts';

recordOverride({
  actor: { id: 'ana@example.com' },
  decision: 'terminate',
  reason: 'wrong customer',
  prior: { source: 'agent', decision: 'call refund' },
  tool: 'refund',
});
process.kill(process.pid, 'SIGKILL');
