/** `holdfast/adapters`: a library's lock under test in ten lines; docs/your-own-lock.md shows how it is used. */
export * from 'holdfast-locks/adapters';
export { describedClaims } from 'holdfast-locks/internal/adapters/claims';
export { connectAdapted } from 'holdfast-locks/internal/adapters/on-redis';
