/** As `INFO server` says. */
export const SIMULATED_VERSION = '7.4.0-simulated';
