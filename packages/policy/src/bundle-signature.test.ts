import { generateSigningKey, readSigningKey } from '@aftertrace/schema/ed25519';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkSignatures, readTrustedKeys, signBundle } from './bundle-signature.ts';
import { compileBundle } from './compile-bundle.ts';
import { readBundle } from './read-bundle.ts';

const files = generateSigningKey();
const key = readSigningKey(files.privateKeyPem);
const trusted = readTrustedKeys(files.publicKeyPem);
const otherFiles = generateSigningKey();
const otherKey = readSigningKey(otherFiles.privateKeyPem);

const bundle = {
  name: 'shop',
  revision: 3,
  rules: [{ id: 'no-sql', match: { tool: 'sql' }, verdict: 'block', mode: 'enforce' }],
};

describe('a signed bundle', () => {
  test('is taken, compiles, and says whose signature holds', () => {
    const signed = signBundle(bundle, key);
    expect(checkSignatures(signed, trusted)).toEqual({
      ok: true,
      keyIds: [files.keyId],
      contentDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(compileBundle(signed).ok).toBe(true);
  });

  test('is the same whatever the order of its members and the spelling of its text', () => {
    const signed = signBundle(bundle, key);
    const [signature] = signed.signatures as readonly Record<string, string>[];
    const text = `
# a comment
signatures: [ ${JSON.stringify(signature)} ]
rules:
  - { verdict: block, mode: enforce, match: { tool: sql }, id: no-sql }
revision: 0x3
name: "shop"
`;
    const read = readBundle([{ text }]);
    expect(read.ok && checkSignatures(read.written, trusted)).toMatchObject({ ok: true });
  });

  test('holds across JSON, for every content that JSON holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (content) => {
        const signed = signBundle({ ...content, signatures: [] }, key);
        const received: unknown = JSON.parse(JSON.stringify(signed));
        expect(checkSignatures(received, trusted)).toMatchObject({ ok: true });
      }),
    );
  });

  test('is refused after any change of it', () => {
    const signed = signBundle(bundle, key);
    fc.assert(
      fc.property(
        fc.constantFrom('name', 'revision', 'rules', 'more'),
        fc.jsonValue(),
        (member, value) => {
          fc.pre(
            JSON.stringify(value) !== JSON.stringify((bundle as Record<string, unknown>)[member]),
          );
          expect(checkSignatures({ ...signed, [member]: value }, trusted).ok).toBe(false);
        },
      ),
    );
  });

  test('is refused without a trusted signature, and told apart from one that does not hold', () => {
    const reasons = (value: unknown): string => {
      const check = checkSignatures(value, trusted);
      return check.ok ? '' : check.problems.map(({ message }) => message).join();
    };
    expect(reasons(bundle)).toMatch(/not signed.*policy sign/);
    expect(reasons({ ...bundle, signatures: 'all' })).toMatch(/not signed/);
    expect(reasons(null)).toMatch(/not signed/);
    expect(reasons(signBundle(bundle, otherKey))).toContain(otherFiles.keyId);
    expect(reasons({ ...signBundle(bundle, key), revision: 4 })).toMatch(
      /changed after it was signed/,
    );
    const endless = signBundle(bundle, key);
    expect(reasons({ ...endless, rules: [Number.POSITIVE_INFINITY] })).toMatch(/no canonical JSON/);
  });

  test('with a broken signature of a trusted key is refused, though another holds', () => {
    const both = readTrustedKeys(files.publicKeyPem + otherFiles.publicKeyPem);
    const signed = signBundle(signBundle(bundle, otherKey), key);
    const once = checkSignatures(signBundle(bundle, key), both);
    // Whoever signed it, it is the same content.
    expect(checkSignatures(signed, both)).toEqual({
      ...once,
      keyIds: [otherFiles.keyId, files.keyId],
    });
    const [first, second] = signed.signatures as readonly Record<string, unknown>[];
    const forged = {
      ...signed,
      signatures: [{ ...first, signature: second?.['signature'] }, second],
    };
    expect(checkSignatures(forged, both).ok).toBe(false);
  });
});

describe('rotation', () => {
  test('two keys sign one bundle, and agents that pin either take it', () => {
    const signed = signBundle(signBundle(bundle, otherKey), key);
    expect(checkSignatures(signed, trusted).ok).toBe(true);
    expect(checkSignatures(signed, readTrustedKeys(otherFiles.publicKeyPem)).ok).toBe(true);
  });

  test('signing again replaces the signature of the same key', () => {
    expect(signBundle(signBundle(bundle, key), key).signatures).toHaveLength(1);
  });

  test('pinned keys are all public keys of a text, with comments between them', () => {
    const text = `# until May\n${files.publicKeyPem}\nnext:\n${otherFiles.publicKeyPem}`;
    expect([...readTrustedKeys(text).keys()]).toEqual([files.keyId, otherFiles.keyId]);
  });

  test('a file without a key, or with a private one, is an error that shows no key', () => {
    expect(() => readTrustedKeys('nothing')).toThrow(/no public key/);
    expect(() => readTrustedKeys(files.publicKeyPem + files.privateKeyPem)).toThrow(/private key/);
  });
});
