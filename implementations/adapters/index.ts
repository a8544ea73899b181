/** Other people's locks behind the contract: what a library has goes in, what a lock module's `connect` gives back comes out. */
export { adapted, type Asked, type Held, type Library } from './adapted.ts';
