import type { ExchangeBodies } from '../../../traffic/exchange.ts';

/** What there is to look at of an exchange. */
export type DetailSource =
  /** Its bodies are handed out when it is over. */
  | { readonly kind: 'running' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'ready'; readonly bodies: ExchangeBodies };
