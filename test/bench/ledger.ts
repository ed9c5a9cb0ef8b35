import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { openLedger, verifyLedger, type Ledger } from '@aftertrace/ledger';
import type { LedgerEntryInput } from '@aftertrace/schema';
import { generateSigningKey, readPublicKey, readSigningKey } from '@aftertrace/schema/ed25519';

import { countOf } from './arguments.ts';
import type { BenchContext, Row } from './row.ts';

/** Entries that wait for the disk at once, as from many agents: what group commit lives on. */
const IN_FLIGHT = 4096;
const MILLION = 1_000_000;
const ALONE = 200;

/**
 * What the audit log costs: decisions of about 600 bytes, hashed, chained, on disk before they are acknowledged, signed
 * for in two places. `--entries N` (default a million), `--dir DIR`.
 */
export async function ledger({ args, note }: BenchContext): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      entries: { type: 'string', default: String(MILLION) },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const entries = countOf('entries', values.entries);
  const dir = await mkdtemp(join(values.dir, 'aftertrace-bench-ledger-'));
  try {
    const path = join(dir, 'audit.jsonl');
    const files = [join(dir, 'audit.checkpoints.jsonl'), join(dir, 'elsewhere.jsonl')];
    const { privateKeyPem, publicKeyPem } = generateSigningKey();
    const key = readSigningKey(privateKeyPem);
    const options = { path, now: Date.now, checkpoints: { key, files } };
    const log = await openLedger(options);
    const alone = await appendAlone(log);
    const before = process.cpuUsage();
    note(`appending ${entries.toLocaleString('en-US')} entries, ${IN_FLIGHT} in flight`);
    const appended = await appendTogether(log, entries);
    const appendCpu = process.cpuUsage(before);
    await log.close();
    const { size } = await stat(path);
    note('verifying');
    const started = performance.now();
    const beforeVerify = process.cpuUsage();
    const keys = [readPublicKey(publicKeyPem)];
    const report = await verifyLedger(path, { checkpoints: files, keys });
    const verifyCpu = process.cpuUsage(beforeVerify);
    const verified = (performance.now() - started) / 1000;
    const total = entries + ALONE;
    if (!report.ok || report.signedEntries !== total) throw new Error('the log does not verify');
    const reopened = performance.now();
    await (await openLedger(options)).close();
    const opened = (performance.now() - reopened) / 1000;
    const perMillion = MILLION / total;
    return [
      {
        metric: 'append, group commit',
        value: appended,
        unit: 'entries/s',
        bar: { atLeast: 50_000 },
      },
      {
        metric: 'append, time of the process',
        value: micros(appendCpu) / entries,
        unit: 'µs/entry',
      },
      { metric: 'append, one after another', value: alone, unit: 'entries/s' },
      { metric: 'an entry', value: size / total, unit: 'bytes' },
      {
        metric: 'verify, a million entries',
        value: verified * perMillion,
        unit: 's',
        bar: { atMost: 10 },
      },
      { metric: 'verify, time of the process', value: micros(verifyCpu) / total, unit: 'µs/entry' },
      { metric: 'open, a million entries', value: opened * perMillion, unit: 's' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function micros({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

/** Each is on disk before the next is given. */
async function appendAlone(log: Ledger): Promise<number> {
  const started = performance.now();
  for (let n = 0; n < ALONE; n += 1) await log.append(entry(n));
  return (ALONE / (performance.now() - started)) * 1000;
}

/** Always so many wait; each that is on disk makes room for the next. */
async function appendTogether(log: Ledger, entries: number): Promise<number> {
  let given = 0;
  const started = performance.now();
  const sender = async (): Promise<void> => {
    while (given < entries) {
      given += 1;
      await log.append(entry(ALONE + given - 1));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  return (entries / (performance.now() - started)) * 1000;
}

const AT = new Date().toISOString();
const DIGEST = `sha256:${'5'.repeat(64)}`;

/** A decision as the companion seals it. */
function entry(n: number): LedgerEntryInput {
  const decision = {
    id: `dec_${n}`,
    verdict: 'block',
    action: 'block',
    source: 'policy',
    mode: 'enforce',
    rule: 'big-refunds',
    reason: 'refunds above 100 need a person',
    policy: { name: 'shop', revision: 3 },
    actionDigest: DIGEST,
  };
  return {
    at: AT,
    actor: { kind: 'agent', id: 'support', assurance: 'token' },
    type: 'decision',
    data: { decision, instance: 'process-1', agent: 'support', evidenceSeq: n },
  };
}
