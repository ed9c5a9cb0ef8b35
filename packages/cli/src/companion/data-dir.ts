import { type DataDir, type LockInfo, openDataDir } from '@aftertrace/exporter';

import { CommandError } from '../exit-code.ts';

/**
 * Opens a data directory for this process alone.
 *
 * @throws CommandError that names the owner where another process has it.
 */
export async function openOwnDataDir(directory: string): Promise<DataDir> {
  const opened = await openDataDir(directory);
  if (opened.kind === 'opened') return opened.dataDir;
  throw new CommandError(inUse(directory, opened.owner));
}

function inUse(directory: string, owner: LockInfo): string {
  const where = owner.console === undefined ? '' : ` and listens at ${owner.console}`;
  return `${directory} is in use by process ${owner.pid} (since ${owner.startedAt})${where}; stop it, or choose another --data`;
}
