import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { PolicyRevision } from '@aftertrace/control';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { ExitCode } from '../exit-code.ts';
import { governed, startAgent, type Governed } from '../testing/governed.ts';
import { run, type Printed } from '../testing/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-policy-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  vi.stubEnv('XDG_STATE_HOME', folder);
  vi.stubEnv('AFTERTRACE_COMPANION', undefined);
  vi.stubEnv('AFTERTRACE_SIGNING_KEY', undefined);
  vi.stubEnv('AFTERTRACE_ACTOR', 'ana@example.com');
});

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const bundle = (revision: number, tool: string): string => `# ours
name: shop
revision: ${revision}
rules:
  - id: no-${tool}
    match: { tool: ${tool} }
    verdict: block
    mode: enforce
    tests:
      - { name: ${tool} is refused, call: { tool: ${tool} }, expect: block }
`;

async function keys(name = 'ops'): Promise<{ readonly key: string; readonly pub: string }> {
  await run('keygen', path.join(folder, name));
  return {
    key: path.join(folder, `${name}.key.pem`),
    pub: path.join(folder, `${name}.pub.pem`),
  };
}

async function companion(options: { readonly pub?: string } = {}): Promise<Governed> {
  const { pub } = options;
  return governed(pub === undefined ? {} : { readPolicyKeys: async () => readFile(pub, 'utf8') });
}

describe('keygen', () => {
  test('writes a key that only its owner reads, and overwrites none', async () => {
    const { key, pub } = await keys();
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(pub, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    const before = await readFile(key, 'utf8');
    const again = await run('keygen', path.join(folder, 'ops'));
    expect(again.code).toBe(ExitCode.FAILED);
    expect(again.err).toContain('EEXIST');
    expect(await readFile(key, 'utf8')).toBe(before);
    expect(again.out + again.err).not.toContain(before.split('\n')[1]);
  });

  test('leaves no private key whose public one could not be written', async () => {
    const pub = await write('half.pub.pem', 'mine');
    expect((await run('keygen', path.join(folder, 'half'))).err).toContain('half.pub.pem');
    expect(await readdir(folder)).toEqual(['half.pub.pem']);
    expect(await readFile(pub, 'utf8')).toBe('mine');
  });
});

describe('check and test', () => {
  test('look at a directory as one bundle, and name file and line of every problem', async () => {
    await write('dir/bundle.yaml', 'name: shop\nrevision: 1\n');
    await write('dir/refunds.yaml', 'rules:\n  - { id: a, match: {}, verdict: flag }\n');
    const dir = path.join(folder, 'dir');
    expect(await run('policy', 'check', dir)).toMatchObject({
      code: ExitCode.OK,
      out: expect.stringContaining('1 rules (0 enforced, 1 in shadow)') as unknown,
    });
    await write('dir/sql.yaml', 'rules:\n  - { id: a, match: {}, verdict: stop }\n  - nothing\n');
    const { code, err } = await run('policy', 'check', dir);
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toMatch(/sql\.yaml:2:.*\n.*sql\.yaml:3:/);
  });

  test('warn of a rule that can never decide anything, by file and line', async () => {
    const file = await write(
      'p.yaml',
      `${bundle(1, 'sql')}  - { id: late, match: { tool: sql }, verdict: flag, mode: enforce }\n`,
    );
    const { code, err } = await run('policy', 'check', file);
    expect(code).toBe(ExitCode.OK);
    expect(err).toMatch(/warning: .*p\.yaml:11:.*late/);
    expect((await run('policy', 'check', file, '--strict')).code).toBe(ExitCode.FAILED);
  });

  test('name each test that holds and each rule without one', async () => {
    const file = await write(
      'p.yaml',
      `${bundle(1, 'sql')}  - { id: bare, match: {}, verdict: flag }\n`,
    );
    const { code, out } = await run('policy', 'test', file);
    expect(code).toBe(ExitCode.OK);
    expect(out).toMatch(/no-sql +sql is refused +block/);
    expect(out).toContain('without a test: bare');
  });

  test('a signature is asked for where keys are given', async () => {
    const { key, pub } = await keys();
    const file = await write('p.yaml', bundle(1, 'sql'));
    const unsigned = await run('policy', 'check', file, '--keys', pub);
    expect(unsigned).toMatchObject({ code: ExitCode.FAILED });
    expect(unsigned.err).toContain('not signed');
    await run('policy', 'sign', file, '--key', key);
    const signed = await run('policy', 'check', path.join(folder, 'p.signed.json'), '--keys', pub);
    expect(signed.out).toMatch(/signed by ed25519:[0-9a-f]{32}/);
  });
});

describe('sign', () => {
  test('adds one file to a directory, and leaves what people wrote', async () => {
    const { key, pub } = await keys();
    const file = await write('dir/bundle.yaml', bundle(1, 'sql'));
    const dir = path.dirname(file);
    expect((await run('policy', 'sign', dir, '--key', key)).code).toBe(ExitCode.OK);
    expect(await readFile(file, 'utf8')).toBe(bundle(1, 'sql'));
    expect((await run('policy', 'check', dir, '--keys', pub)).code).toBe(ExitCode.OK);
    await write('dir/bundle.yaml', bundle(2, 'sql'));
    const changed = await run('policy', 'check', dir, '--keys', pub);
    expect(changed.err).toContain('changed after it was signed');
    expect((await run('policy', 'sign', dir, '--key', key, '--revision', '5')).err).toContain(
      'stands in its files',
    );
  });

  test('two keys sign one after the other, and either is enough', async () => {
    const [old, next] = [await keys('old'), await keys('next')];
    const file = await write('p.yaml', bundle(1, 'sql'));
    const signed = path.join(folder, 'p.signed.json');
    await run('policy', 'sign', file, '--key', old.key);
    await run('policy', 'sign', signed, '--key', next.key);
    for (const { pub } of [old, next])
      expect((await run('policy', 'check', signed, '--keys', pub)).code).toBe(ExitCode.OK);
    await run('policy', 'sign', signed, '--key', next.key, '--revision', '2');
    const renumbered = await run('policy', 'check', signed, '--keys', old.pub);
    expect(renumbered.err).toContain('is signed by');
  });

  test('says which key it cannot use, without showing it', async () => {
    const { pub } = await keys();
    const file = await write('p.yaml', bundle(1, 'sql'));
    expect((await run('policy', 'sign', file)).code).toBe(ExitCode.USAGE);
    await chmod(pub, 0o600);
    const { code, err } = await run('policy', 'sign', file, '--key', pub);
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toMatch(/ops\.pub\.pem cannot be used: .*PRIVATE KEY/);
  });

  test('takes no private key that others may read', async () => {
    const { key } = await keys();
    await chmod(key, 0o640);
    const file = await write('p.yaml', bundle(1, 'sql'));
    expect((await run('policy', 'sign', file, '--key', key)).err).toContain('chmod 600');
  });
});

describe('propose, approve and reject', () => {
  const word = ['--reason', 'looked at'];

  test('one proposes, another looks at what would change and approves it', async () => {
    await companion();
    const first = await write('a.yaml', bundle(1, 'sql'));
    const proposed = await run('policy', 'propose', first, '--reason', 'no sql');
    expect(proposed).toMatchObject({ code: ExitCode.OK });
    const [id = ''] = /prp_[\w-]+/.exec(proposed.out) ?? [];
    expect((await run('policy', 'log')).out).toContain('no policy has been published');
    expect((await run('policy', 'proposals')).out).toMatch(/prp_.*shop.*ana@example.com.*no sql/);
    expect((await run('policy', 'proposals', id)).out).toMatch(/\+ rule no-sql[^]*proposed by ana/);
    const approved = await run('policy', 'approve', id, '--actor', 'ben@example.com', ...word);
    expect(approved.out).toContain('shop revision 1 published');
    expect((await run('policy', 'log')).out).toMatch(/ben@example.com/);
    expect((await run('policy', 'proposals')).out).toContain('no policy waits');
    expect((await run('policy', 'approve', id, ...word)).code).toBe(ExitCode.FAILED);
    expect((await run('policy', 'proposals', id)).err).toContain('no proposal');
  });

  test('a rollback can be proposed, and what is proposed rejected', async () => {
    await companion();
    for (const tool of ['sql', 'refund']) {
      await run('policy', 'publish', await write(`${tool}.yaml`, bundle(1, tool)), ...word);
    }
    const back = await run('policy', 'rollback', '--propose', ...word);
    expect(back.out).toMatch(/\+ rule no-sql[^]*proposed as prp_/);
    const [id = ''] = /prp_[\w-]+/.exec(back.out) ?? [];
    expect((await run('policy', 'reject', id, ...word)).out).toContain('is rejected');
    expect((await run('policy', 'proposals', '--json')).out.trim()).toBe('[]');
  });
});

describe('publish and rollback', () => {
  test('sign with the next revision, reach agents that demand it, and go back as a new revision', async () => {
    const { key, pub } = await keys();
    const { env } = await companion({ pub });
    const { link } = await startAgent({ ...env, AFTERTRACE_POLICY_KEYS: pub });
    const publish = async (...args: string[]): Promise<Printed> =>
      run('policy', ...args, '--reason', 'r', '--key', key, '--wait');
    const first = await write('first.yaml', bundle(1, 'sql'));
    const second = await write('second.yaml', bundle(1, 'refund'));
    expect((await publish('publish', first)).code).toBe(ExitCode.OK);
    expect((await publish('publish', second)).out).toContain('shop revision 2 published');
    expect(link.inForce().policy?.rules.map(({ id }) => id)).toEqual(['no-refund']);
    const back = await publish('rollback');
    expect(back.out).toMatch(
      /- rule no-refund.*\n\+ rule no-sql.*\n.*revision 3 published, with the content of revision 1/,
    );
    expect(link.inForce().policy).toMatchObject({ revision: 3 });
    expect(link.inForce().policy?.rules.map(({ id }) => id)).toEqual(['no-sql']);
    const log = JSON.parse((await run('policy', 'log', '--json')).out) as PolicyRevision[];
    expect(log).toMatchObject([{ revision: 1 }, { revision: 2 }, { revision: 3, rollbackOf: 1 }]);
    expect((await run('policy', 'log')).out).toContain('(as 1) r');
    expect((await publish('rollback')).err).toContain('no revision before 1');
    expect((await publish('rollback', '--to', '2')).out).toContain('content of revision 2');
    expect((await publish('rollback', '--to', '9')).err).toContain('no policy revision 9');
  });

  test('going back from what followed a rollback finds what was in force, not what was rolled back', async () => {
    await companion();
    const publish = async (...args: string[]): Promise<Printed> =>
      run('policy', ...args, '--reason', 'r');
    await publish('publish', await write('good.yaml', bundle(1, 'sql')));
    await publish('publish', await write('bad.yaml', bundle(1, 'refund')));
    await publish('rollback');
    await publish('publish', await write('worse.yaml', bundle(1, 'mail')));
    expect((await publish('rollback')).out).toContain('with the content of revision 1');
  });

  test('an unsigned bundle is refused by a companion with keys', async () => {
    const { pub } = await keys();
    await companion({ pub });
    const file = await write('p.yaml', bundle(1, 'sql'));
    const { code, err } = await run('policy', 'publish', file, '--reason', 'r');
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toContain('not signed');
  });

  test('what an agent refuses is never success, and says why', async () => {
    const { pub } = await keys();
    const { env } = await companion();
    await startAgent({ ...env, AFTERTRACE_POLICY_KEYS: pub });
    const file = await write('p.yaml', bundle(1, 'sql'));
    const { code, out } = await run('policy', 'publish', file, '--reason', 'r', '--wait');
    expect(code).toBe(ExitCode.NOT_EFFECTIVE);
    expect(out).toMatch(/REFUSED by .*not signed/);
  });

  test('where nobody is connected, waiting does not end in success', async () => {
    await companion();
    const file = await write('p.yaml', bundle(1, 'sql'));
    const { code, out } = await run('policy', 'publish', file, '--reason', 'r', '--wait', '1s');
    expect(code).toBe(ExitCode.NOBODY);
    expect(out).toContain('no process with a guard is connected');
  });

  test('signing what another key signed as an earlier revision leaves that signature out', async () => {
    const [old, next] = [await keys('old'), await keys('next')];
    const pub = await write(
      'both.pem',
      (await readFile(old.pub, 'utf8')) + (await readFile(next.pub, 'utf8')),
    );
    await companion({ pub });
    await run('policy', 'sign', await write('p.yaml', bundle(1, 'sql')), '--key', old.key);
    const signed = path.join(folder, 'p.signed.json');
    const publish = async (): Promise<Printed> =>
      run('policy', 'publish', signed, '--reason', 'r', '--key', next.key, '--json');
    const signers = async (): Promise<unknown> =>
      (JSON.parse((await publish()).out) as { signedBy: unknown }).signedBy;
    expect(await signers()).toHaveLength(2);
    expect(await signers()).toHaveLength(1);
  });

  test('a bundle that was signed for a revision that has passed is refused with what to do', async () => {
    const { key } = await keys();
    await companion();
    const file = await write('p.yaml', bundle(1, 'sql'));
    await run('policy', 'sign', file, '--key', key);
    const signed = path.join(folder, 'p.signed.json');
    expect((await run('policy', 'publish', signed, '--reason', 'r')).code).toBe(ExitCode.OK);
    const again = await run('policy', 'publish', signed, '--reason', 'r');
    expect(again.err).toContain('publish as revision 2 or higher');
  });
});

describe('diff and explain', () => {
  test('compare files with what is in force', async () => {
    await companion();
    const file = await write('p.yaml', bundle(1, 'sql'));
    expect((await run('policy', 'diff', file)).err).toContain('no policy has been published');
    await run('policy', 'publish', file, '--reason', 'r');
    expect((await run('policy', 'diff', '@1', file)).out).toBe('no difference');
    const next = await write(
      'n.yaml',
      bundle(2, 'sql').replace('block\n', 'flag\n').replace('expect: block', 'expect: flag'),
    );
    const { out } = await run('policy', 'diff', '@current', next);
    expect(out).toContain('verdict: "block" -> "flag"');
    expect((await run('policy', 'diff', '@x', file)).err).toContain('names no bundle');
  });

  test('say what a call would be told and why', async () => {
    const file = await write('p.yaml', bundle(1, 'sql'));
    const refused = await run('policy', 'explain', file, '--tool', 'sql');
    expect(refused.out).toMatch(/block, by rule no-sql/);
    expect(refused.out).toContain('yes match.tool: "sql"');
    const other = await run('policy', 'explain', file, '--tool', 'mail');
    expect(other.out).toMatch(/allow, no rule matches\n1 rules are about other tools/);
    const bad = await run('policy', 'explain', file, '--tool', 'sql', '--arguments', '{');
    expect(bad.code).toBe(ExitCode.USAGE);
    expect((await run('policy', 'explain', file)).err).toContain('--tool');
  });

  test('hostile names do not reach the terminal raw', async () => {
    const hostile = '"\\e[2J\\u202e"';
    const file = await write(
      'p.yaml',
      bundle(1, 'sql')
        .replace('name: shop', `name: ${hostile}`)
        .replace('name: sql is refused', `name: ${hostile}`)
        .replace('mode: enforce', `mode: enforce\n    description: ${hostile}`),
    );
    const { key } = await keys();
    for (const command of [
      ['explain', file, '--tool', 'sql'],
      ['test', file],
      ['sign', file, '--key', key],
    ]) {
      const { out } = await run('policy', ...command);
      expect(out).toContain(String.raw`\x1b[2J\u202e`);
      // oxlint-disable-next-line no-control-regex
      expect(out).not.toMatch(/\u001B|\u202E/);
    }
  });
});

test('the schema for editors describes rules', async () => {
  const schema = JSON.parse((await run('policy', 'schema')).out) as { properties: object };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['name', 'revision', 'rules']),
  );
});

test('a file that cannot be read is named', async () => {
  expect((await run('policy', 'check', path.join(folder, 'none'))).err).toContain('cannot read');
});
