/** A report every week: an editor asks an analyst, who queries the database, and mails what comes out. */
import { DatabaseSync } from 'node:sqlite';

import { openai } from '@ai-sdk/openai';
import { isStepCount, tool, ToolLoopAgent } from 'ai';
import { z } from 'zod';

const database = new DatabaseSync(':memory:');
database.exec(`
  CREATE TABLE sales (week INTEGER, region TEXT, customer TEXT, total REAL);
  INSERT INTO sales VALUES (46, 'north', 'ada@example.com', 120), (47, 'north', 'bob@example.com', 90),
    (47, 'south', 'eve@example.com', 310);
`);

const analyst = new ToolLoopAgent({
  id: 'analyst',
  model: openai('gpt-5-mini'),
  instructions:
    'You answer questions about sales with SQLite. The only table is sales(week, region, customer, total).',
  stopWhen: isStepCount(6),
  tools: {
    run_sql: tool({
      description: 'Run one SQL query.',
      inputSchema: z.object({ query: z.string() }),
      // As a command line tool does: what went wrong is in the result, and nothing is thrown.
      execute: ({ query }) => {
        try {
          return { exit_code: 0, rows: database.prepare(query).all() };
        } catch (error) {
          return { exit_code: 1, stderr: error instanceof Error ? error.message : String(error) };
        }
      },
    }),
  },
});

const editor = new ToolLoopAgent({
  id: 'editor',
  model: openai('gpt-5-mini'),
  instructions: 'You write the weekly sales report: ask the analyst, then mail the report.',
  stopWhen: isStepCount(6),
  tools: {
    ask_analyst: tool({
      description: 'Ask the analyst a question about sales.',
      inputSchema: z.object({ question: z.string() }),
      execute: async ({ question }, { abortSignal }) => {
        const { text } = await analyst.generate({
          prompt: question,
          ...(abortSignal === undefined ? {} : { abortSignal }),
        });
        return text;
      },
    }),
    mail_report: tool({
      description: 'Mail a report to a mailing list.',
      inputSchema: z.object({ to: z.string(), body: z.string() }),
      execute: ({ to, body }) => {
        process.stdout.write(`To: ${to}\n${body}\n\n`);
        return { sent: true };
      },
    }),
  },
});

const week = Number(process.argv[2] ?? 47);
const { text } = await editor.generate({
  prompt: `The report of week ${week} goes to sales@example.com.`,
});
process.stdout.write(`${text}\n`);
