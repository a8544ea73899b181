/** Fencing tokens from a sequence (MariaDB 10.3): drawn on the connection that holds the lock, after the grant. */

/**
 * Creates the sequence, if it does not exist. It begins with the server's time in microseconds, so that tokens also rise
 * when it was lost and is created again.
 */
export const FENCE_SCHEMA = `EXECUTE IMMEDIATE CONCAT('CREATE SEQUENCE IF NOT EXISTS holdfast_fence START WITH ',
  TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)))`;

export const NEXT_FENCE = 'CAST(NEXTVAL(holdfast_fence) AS CHAR)';
