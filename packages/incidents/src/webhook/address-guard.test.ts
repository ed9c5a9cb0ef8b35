import { expect, test } from 'vitest';

import { addressProblem, isPublicAddress } from './address-guard.ts';

test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
);

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.8.8.8',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  'nonsense',
])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));

test('with allowPrivate, loopback still has to stand in the URL itself', () => {
  expect(addressProblem('10.0.0.1', 'alerts.internal', true)).toBeUndefined();
  expect(addressProblem('127.0.0.1', '127.0.0.1', true)).toBeUndefined();
  expect(addressProblem('127.0.0.1', 'localhost', true)).toBeUndefined();
  expect(addressProblem('127.0.0.1', 'rebound.example.com', true)).toMatch(
    /points at this machine/,
  );
  expect(addressProblem('0.0.0.0', 'rebound.example.com', true)).toMatch(/points at this machine/);
  expect(addressProblem('::1', 'rebound.example.com', true)).toMatch(/points at this machine/);
  expect(addressProblem('::ffff:127.0.0.1', 'rebound.example.com', true)).toMatch(/this machine/);
});
