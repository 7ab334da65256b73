import type { CompatibilityMode, Loss } from './loss.ts';

/** Of a request's losses those that may not happen in this mode: the request is then refused, naming each. */
export function refusedLosses(mode: CompatibilityMode, losses: readonly Loss[]): readonly Loss[] {
  return losses.filter((loss) => loss.action === 'refused' || !isAllowed(mode, loss));
}

function isAllowed(mode: CompatibilityMode, loss: Loss): boolean {
  const { topic, action, path } = loss;
  // Every real client sends hints, and what is emulated means the same.
  if (topic === 'hint' || action === 'emulated') return true;
  switch (mode) {
    case 'max_compat':
      return true;
    case 'balanced':
      if (topic === 'tools') return isStandingOffer(loss);
      return !(topic === 'reasoning' && isHistory(path));
    case 'strict':
      return false;
  }
}

/** Codex offers its provider's search with every request, whether anybody wants it or not. */
function isStandingOffer({ action, path, from }: Loss): boolean {
  return action === 'dropped' && path.startsWith('tools[') && from.startsWith('web_search');
}

/** Reasoning of earlier turns is continuity; how hard to think is an option. */
function isHistory(path: string): boolean {
  return /^(?:messages|input|contents)\b/.test(path);
}
