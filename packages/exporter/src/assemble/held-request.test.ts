import { expect, test } from 'vitest';
import { tracesFromProtobuf } from '../decode/protobuf-traces.ts';
import { createRequests, type NewRequest } from './held-request.ts';

/** Requests without spans: their layouts take nothing but their bodies. */
function requestsOf(memoryBytes: number) {
  const freed: string[] = [];
  const requests = createRequests({ memoryBytes, onSettled: () => undefined });
  const request = (name: string, bodyBytes: number): NewRequest => ({
    arrivedAt: 0,
    place: { segment: 1, offset: 0 },
    // An unknown field of one byte's key and one byte's length.
    layout: tracesFromProtobuf(
      Buffer.concat([Buffer.from([0x7a, bodyBytes - 2]), Buffer.alloc(bodyBytes - 2)]),
    ).layout,
    isOnDisk: true,
    release: () => freed.push(name),
  });
  return { freed, requests, request };
}

test('a body is freed when the last of its request is settled', () => {
  const { freed, requests, request } = requestsOf(1000);
  const held = requests.hold(request('one', 100));
  const origin = requests.origin(held);
  requests.settle(held);
  expect(freed).toEqual([]);
  origin.settle();
  expect(freed).toEqual(['one']);
});

test('the oldest body is freed when memory is short', () => {
  const { freed, requests, request } = requestsOf(150);
  for (const name of ['one', 'two']) requests.hold(request(name, 100));
  expect(freed).toEqual(['one']);
});

test('a body goes when every run of its request was told, not before the request was read, and only if the disk has it', () => {
  const { freed, requests, request } = requestsOf(1000);
  const onDisk = requests.hold(request('on disk', 100));
  const notOnDisk = requests.hold({ ...request('not on disk', 100), isOnDisk: false });
  for (const held of [onDisk, notOnDisk]) {
    held.open += 1;
    held.untold += 1;
    requests.told(held);
  }
  expect(freed).toEqual([]);
  for (const held of [onDisk, notOnDisk]) requests.told(held);
  expect(freed).toEqual(['on disk']);
  expect(onDisk.layout).toBeUndefined();
  expect(requests.get(onDisk.number)).toBe(onDisk);
});

test('while somebody reads nothing is freed, and once all have read everything that went', () => {
  const { freed, requests, request } = requestsOf(150);
  const [first, second] = [requests.reading(), requests.reading()];
  for (const name of ['one', 'two', 'three']) requests.hold(request(name, 100));
  first();
  first();
  expect(freed).toEqual([]);
  second();
  expect(freed).toEqual(['one', 'two']);
});
