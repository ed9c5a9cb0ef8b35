import * as nodeModule from 'node:module';

import type { ModuleFinding } from './attach.ts';
import type { AttachmentLog } from './attachments.ts';
import type { LoaderThreadData } from '../loader-thread.ts';
import { loaderThreadUrl } from '../load-now.ts';
import type { FrameworkTarget } from './target.ts';

/**
 * Attaches to ES modules by `module.register`, whose hooks run in a thread of their own: targets go there as data, and what
 * it finds comes back by a port, which is read at the latest before anybody is told.
 * @throws what `module.register` throws, for example where this package was bundled and the loader's file is gone.
 */
export function startLoaderThread(
  targets: readonly FrameworkTarget[],
  attachments: AttachmentLog,
): void {
  const { MessageChannel, receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads');
  const { port1: port, port2: findings } = new MessageChannel();
  const data: LoaderThreadData = { targets, findings };
  nodeModule.register(loaderThreadUrl(), { data, transferList: [findings] });
  const record = (message: unknown): void => attachments.record(message as ModuleFinding);
  port.on('message', record);
  // It must not keep the process alive.
  port.unref();
  attachments.fetchWith(() => {
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      record(received.message);
    }
  });
}
