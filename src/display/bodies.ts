import { useEffect, useState } from 'react';
import { type Exchange, type ExchangeBodies, isFinal } from '../traffic/exchange.ts';
import type { DetailSource } from './panels/detail/source.ts';

/** Hands out the bodies of an exchange; undefined while it runs, and when they are gone. */
export type AskForBodies = (exchangeId: string) => Promise<ExchangeBodies | undefined>;

/** The bodies of an exchange, asked for once it is over and somebody looks. */
export function useBodies(
  ask: AskForBodies | undefined,
  exchange: Exchange | undefined,
  wanted: boolean,
): DetailSource {
  const [answer, setAnswer] = useState<{ id: string; bodies: ExchangeBodies | undefined }>();
  const id = exchange && wanted && isFinal(exchange.state) ? exchange.id : undefined;

  useEffect(() => {
    if (id === undefined || !ask) return;
    let left = false;
    const take = (bodies: ExchangeBodies | undefined) => {
      if (!left) setAnswer({ id, bodies });
    };
    ask(id).then(take, () => take(undefined));
    return () => {
      left = true;
    };
  }, [ask, id]);

  if (exchange && !isFinal(exchange.state)) return { kind: 'running' };
  if (!ask) return { kind: 'gone' };
  if (!answer || answer.id !== id) return { kind: 'asked' };
  return answer.bodies ? { kind: 'ready', bodies: answer.bodies } : { kind: 'gone' };
}
