/** A help desk that resets passwords and closes accounts, streamed. */
import {
  FunctionTool,
  InMemoryRunner,
  LlmAgent,
  LogLevel,
  setLogLevel,
  StreamingMode,
} from '@google/adk';
import { z } from 'zod';

setLogLevel(LogLevel.WARN);

const accounts = new Map([['ada', { mail: 'ada@example.com', state: 'locked' }]]);

const findAccount = new FunctionTool({
  name: 'find_account',
  description: 'Find the account of a user.',
  parameters: z.object({ user: z.string() }),
  execute: ({ user }) => accounts.get(user) ?? { error: `there is no ${user}` },
});

const resetPassword = new FunctionTool({
  name: 'reset_password',
  description: 'Send a user a link to a new password.',
  parameters: z.object({ user: z.string() }),
  execute: ({ user }) => ({ success: true, sent: accounts.get(user)?.mail }),
});

const closeAccount = new FunctionTool({
  name: 'close_account',
  description: 'Close an account for good.',
  parameters: z.object({ user: z.string() }),
  execute: ({ user }) => ({ success: accounts.delete(user) }),
});

const agent = new LlmAgent({
  name: 'helpdesk',
  model: 'gemini-2.5-flash',
  instruction: 'You help people with their accounts.',
  tools: [findAccount, resetPassword, closeAccount],
});

const runner = new InMemoryRunner({ agent, appName: 'helpdesk' });
const userId = 'desk';
const { id: sessionId } = await runner.sessionService.createSession({
  appName: 'helpdesk',
  userId,
});
const text = process.argv[2] ?? 'I am Ada and cannot get in. If nothing helps close my account.';
for await (const event of runner.runAsync({
  userId,
  sessionId,
  newMessage: { role: 'user', parts: [{ text }] },
  runConfig: { streamingMode: StreamingMode.SSE },
})) {
  // The pieces of a streamed text come again as a whole.
  if (event.partial === true) continue;
  for (const part of event.content?.parts ?? []) {
    if (part.functionCall !== undefined) process.stdout.write(`> ${part.functionCall.name}\n`);
    if (part.text !== undefined) process.stdout.write(`${part.text}\n`);
  }
}
