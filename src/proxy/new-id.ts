import { randomUUID } from 'node:crypto';

/** A fresh, unguessable id, such as `resp_…` or `call_…`. */
export function newId(prefix: string): string {
  return `${prefix}${randomUUID().replaceAll('-', '')}`;
}
