/** An agent with one guarded tool, which it calls until it is refused. */
import { guardTool } from '../../../packages/instrumentation/src/index.ts';

const refund = guardTool(async (_input: { readonly order: string }) => 'refunded', {
  name: 'refund',
});
for (;;) {
  try {
    await refund({ order: 'A1' });
    process.stdout.write('ran\n');
  } catch (error) {
    process.stdout.write(`refused: ${error instanceof Error ? error.message : String(error)}\n`);
    break;
  }
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}
