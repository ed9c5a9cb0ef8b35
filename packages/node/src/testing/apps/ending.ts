/** Ends in the way that its first argument names, after an agent of its own has failed or not. */
import { setRunOutcome, withAgent } from '@aftertrace/instrumentation';

const [how] = process.argv.slice(2);

await withAgent({ name: 'ending' }, async () => {
  await Promise.resolve();
  setRunOutcome('failure', { reason: 'test' });
});

switch (how) {
  case 'code':
    process.exitCode = 3;
    break;
  case 'throw':
    setImmediate(() => {
      throw new RangeError('nobody catches this');
    });
    break;
  case 'reject':
    void Promise.reject(new RangeError('nobody catches this'));
    break;
  case 'wait':
    process.stdout.write('waiting\n');
    setInterval(() => undefined, 1_000);
    break;
  case undefined:
    break;
  case 'handled': {
    const timer = setInterval(() => undefined, 1_000);
    process.on('SIGTERM', () => {
      process.stdout.write('handled\n');
      process.exitCode = 5;
      clearInterval(timer);
    });
    process.stdout.write('waiting\n');
    break;
  }
}
