import type { HistoryEntry, Violation } from '../history.js';

/** Each grant on a lock has a greater token than all before it, in the order in which the store gave them. */
export function checkTokens(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const newest = new Map<string, { readonly token: number; readonly grantId: string }>();
  for (const entry of history) {
    if (entry.type !== 'granted') continue;
    const { lock, token, grantId, at } = entry;
    const last = newest.get(lock);
    const isRepeated = last?.grantId === grantId && last.token === token;
    if (last && !isRepeated && token <= last.token) {
      const message = `"${lock}" was granted with token ${token} after ${last.token}.`;
      violations.push({ invariant: 'tokens-grow', message, at });
    }
    newest.set(lock, { token, grantId });
  }
  return violations;
}

/** A storage that checks tokens has taken no write after one of a later grant, nor two holders' writes with one token. */
export function checkFences(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const newest = new Map<string, { readonly token: number; readonly instance: string }>();
  for (const entry of history) {
    if (entry.type !== 'write' || !entry.accepted) continue;
    const { resource, token, instance, at } = entry;
    const last = newest.get(resource);
    if (last && (token < last.token || (token === last.token && instance !== last.instance))) {
      const message = `"${resource}" took a write of ${instance} with token ${token} after one of ${last.instance} with ${last.token}.`;
      violations.push({ invariant: 'no-stale-write', message, at });
    }
    newest.set(resource, { token, instance });
  }
  return violations;
}
