import { readLedgerLines, type CheckpointSource } from '@aftertrace/ledger';
import { LedgerCheckpoint } from '@aftertrace/schema';
import { Attr } from '@aftertrace/schema/names';
import { z } from 'zod';

const OtlpLine = z.looseObject({
  resourceLogs: z.array(
    z.looseObject({
      scopeLogs: z
        .array(
          z.looseObject({
            logRecords: z
              .array(
                z.looseObject({
                  attributes: z
                    .array(
                      z.looseObject({
                        key: z.string(),
                        value: z.looseObject({ stringValue: z.string().optional() }).optional(),
                      }),
                    )
                    .default([]),
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    }),
  ),
});

/**
 * The checkpoints in a file: as the companion writes them, a line each; or as they went to a log store, in lines of
 * OTLP/JSON such as the Collector's file exporter writes. Those are brought into their order: they may have come in another
 * one, and twice. Other log records are passed over.
 */
export function checkpointsIn(file: string): CheckpointSource {
  return { name: file, lines: checkpointLines(file) };
}

async function* checkpointLines(file: string): AsyncGenerator<string> {
  const sent = new Set<string>();
  for await (const line of linesOf(file)) {
    const records = line.includes('"resourceLogs"') ? otlpCheckpoints(line) : undefined;
    if (records === undefined) yield line;
    else for (const record of records) sent.add(record);
  }
  yield* [...sent].toSorted((a, b) => entriesIn(a) - entriesIn(b));
}

/** A file that is not there is an empty one. */
async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* readLedgerLines(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The checkpoints in a line of OTLP/JSON; undefined for a line that is none. */
function otlpCheckpoints(line: string): readonly string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    // Then it is looked at as a checkpoint, and told as none.
    return undefined;
  }
  return OtlpLine.safeParse(json)
    .data?.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .flatMap(({ attributes }) => attributes)
    .flatMap(({ key, value }) => (key === Attr.AUDIT_CHECKPOINT ? (value?.stringValue ?? []) : []));
}

/** What is no checkpoint comes first, and is told when it is read. */
function entriesIn(line: string): number {
  try {
    return LedgerCheckpoint.safeParse(JSON.parse(line)).data?.entries ?? 0;
  } catch {
    // Not even JSON.
    return 0;
  }
}
