import { expect, test } from 'vitest';
import { parseListen } from '../../src/config/listen.ts';

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':9000', { host: '127.0.0.1', port: 9000 }],
  ['9000', { host: '127.0.0.1', port: 9000 }],
  ['[::1]:65535', { host: '::1', port: 65535 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['127.0.0.1:8080-8090', { host: '127.0.0.1', port: 8080, lastPort: 8090 }],
  ['8080-8080', { host: '127.0.0.1', port: 8080 }],
  ['127.0.0.1:8090-8080', undefined],
  ['127.0.0.1:65530-65536', undefined],
  ['localhost', undefined],
  ['127.0.0.1:65536', undefined],
  ['::1:80', undefined],
  ['http://127.0.0.1:80', undefined],
  ['', undefined],
])('%s', (written, expected) => {
  expect(parseListen(written)).toEqual(expected);
});
