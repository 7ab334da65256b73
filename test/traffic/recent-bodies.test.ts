import { expect, test } from 'vitest';
import { RecentBodies } from '../../src/traffic/recent-bodies.ts';

const kept = (recent: RecentBodies, ids: readonly string[]) =>
  ids.filter((id) => recent.get(id) !== undefined);

test('the bodies of the last 64 exchanges are kept', () => {
  const recent = new RecentBodies();
  const ids = Array.from({ length: 70 }, (_, index) => `e${index}`);
  for (const exchangeId of ids) recent.onBodies({ exchangeId, clientRequest: exchangeId }, 3);
  expect(kept(recent, ids)).toEqual(ids.slice(6));
  expect(recent.get('e69')).toEqual({ exchangeId: 'e69', clientRequest: 'e69' });
});

test('what they take together is bounded in bytes', () => {
  const recent = new RecentBodies({ exchanges: 64, bytes: 100 });
  recent.onBodies({ exchangeId: 'a', clientRequest: 'a' }, 30);
  recent.onBodies({ exchangeId: 'b', upstreamReply: 'b' }, 40);
  recent.onBodies({ exchangeId: 'c', clientReply: 'c' }, 30);
  expect(kept(recent, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  recent.onBodies({ exchangeId: 'd', clientReply: 'd' }, 1);
  expect(kept(recent, ['a', 'b', 'c', 'd'])).toEqual(['b', 'c', 'd']);
});

test('an exchange too long to be kept is not, and costs the others only their place', () => {
  const recent = new RecentBodies({ exchanges: 64, bytes: 100 });
  recent.onBodies({ exchangeId: 'a', clientReply: 'a' }, 101);
  expect(recent.get('a')).toBeUndefined();
  recent.onBodies({ exchangeId: 'b', clientReply: 'b' }, 100);
  expect(kept(recent, ['a', 'b'])).toEqual(['b']);
});
