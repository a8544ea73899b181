/** Fencing tokens from a sequence: drawn on the connection that holds the lock, after the grant. */

/**
 * Creates the sequence, if it does not exist. It begins with the server's time in microseconds, so that tokens also rise
 * when it was lost and is created again.
 */
export const FENCE_SCHEMA = `DO $$ BEGIN
  IF to_regclass('holdfast_fence') IS NULL THEN
    EXECUTE format('CREATE SEQUENCE holdfast_fence START WITH %s', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
  END IF;
END $$`;

export const NEXT_FENCE = `nextval('holdfast_fence')::text`;
