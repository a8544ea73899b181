/** What a stand-in for a part of Node does not have: whoever calls it is told, not left to wait for it. */
import { activeWorld } from '../engine/active.ts';

/** @param part of Node, such as `node:http2` */
export function lacks(prototype: object, methods: readonly string[], part: string): void {
  for (const name of methods) {
    const value = (): never => {
      const world = activeWorld();
      if (world === undefined) throw new Error(`${name} of ${part} outside of a simulation`);
      return world.fail(`it calls ${name} of ${part}, which is not simulated`);
    };
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
}
