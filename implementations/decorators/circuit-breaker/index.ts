/** A circuit breaker around a lock: while the backend is in trouble callers are told at once. Stands on `cockatiel`. */
export { CircuitBreakerLock } from './circuit-breaker-lock.ts';
export type { Circuit, CircuitBreakerOptions } from './circuit-breaker-lock.ts';
