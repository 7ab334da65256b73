import type { Route } from '../config/config.ts';
import type { Protocol } from '../protocols/conversation.ts';
import { applyHealing, describeHealing, type Healing } from '../protocols/healing.ts';
import type { Loss } from '../protocols/loss.ts';

/** What each upstream and model has turned out not to take, so that it is refused only once. */
export class LearnedHealings {
  readonly #learned = new Map<string, Healing[]>();

  /** The request worked once healed. */
  learn(route: Route, protocol: Protocol, healings: readonly Healing[]): void {
    if (healings.length === 0) return;
    const key = keyOf(route, protocol);
    const known = this.#learned.get(key) ?? [];
    // Whose reasoning a history holds is a matter of that history alone.
    const lasting = healings.filter(({ edit }) => edit.type !== 'unseal');
    const fresh = lasting.filter((healing) => !known.some((one) => sameHealing(one, healing)));
    if (fresh.length === 0) return;
    this.#learned.set(key, [...known, ...fresh]);
  }

  /** A request as it will be taken, with what that changed. */
  apply(
    route: Route,
    protocol: Protocol,
    body: Readonly<Record<string, unknown>>,
    cutsReplies = false,
  ): { readonly body: Readonly<Record<string, unknown>>; readonly losses: readonly Loss[] } {
    const losses: Loss[] = [];
    let healed = body;
    for (const healing of this.#learned.get(keyOf(route, protocol)) ?? []) {
      const next = applyHealing(healed, healing);
      if (next === healed) continue;
      losses.push(describeHealing(healing, cutsReplies));
      healed = next;
    }
    return { body: healed, losses };
  }

  /** Whether there is anything to apply: a relayed body is parsed only then. */
  knows(route: Route, protocol: Protocol): boolean {
    return this.#learned.has(keyOf(route, protocol));
  }
}

export function sameHealing(one: Healing, other: Healing): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function keyOf(route: Route, protocol: Protocol): string {
  return [route.upstream.name, route.model, protocol].join('\n');
}
