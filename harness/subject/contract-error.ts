/** A module, or what it connected, departs from the contract; every departure is named. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}
