package holdfast;

import com.eclipsesource.json.*;

/**
 * Speaks Holdfast's protocol, version 1, for a lock in Java: docs/protocol.md. A subject implements {@link Subject} and calls
 * {@link #serve}. Each lease has a thread to itself for all its calls, as libraries want that tell owners apart by thread; a
 * wait that is given up is interrupted. Nothing here computes a deadline, a renewal or a token.
 */
public final class Holdfast {
  /** waitMs 0: one attempt. renew: whether the library shall extend by itself. mode: exclusive or shared. */
  public record Ask(String lease, String key, long leaseMs, long waitMs, boolean renew, String mode, String owner) {}

  /**
   * @param handle what the other calls are given
   * @param said put(...) of: deadlineNs (of System.nanoTime(), as text) if the library states a moment, deadline
   *     "documented" if it names a length and no moment, leaseMs as long as it really is, fence
   */
  public record Grant(Object handle, JsonObject said) {}

  /** code: busy, timeout, aborted, unavailable or invalid-key. outcome: definite only if certainly nothing was taken. */
  public static final class Refused extends Exception {
    final String code, outcome;

    public Refused(String code, String outcome, String message) {
      super(message);
      this.code = code;
      this.outcome = outcome;
    }
  }

  /** To be thrown where the library says that the lease had ended before the call. */
  public static Refused lost(String message) {
    return new Refused("unavailable", "lost", message);
  }

  /** The calls into the library; of any exception but Refused nobody knows what it has come to. */
  public interface Subject {
    JsonObject connect(JsonObject hello) throws Exception; // name, libraryVersion, owner and features
    Grant acquire(Ask ask) throws Exception;
    String release(Object handle) throws Exception; // released, done or unknown
    default JsonObject extend(Object handle) throws Exception { throw new UnsupportedOperationException(); }
    default boolean held(Object handle) throws Exception { throw new UnsupportedOperationException(); }
  }

  /** Tells of a loss that the library tells of by itself. reason: deadline, mismatch or connection. */
  public static void tellLost(String lease, String reason) {
    Protocol.say(Json.object().add("event", "lost").add("lease", lease).add("t", Protocol.now()).add("reason", reason));
  }

  /** Tells of an extension that the library has made by itself. deadlineNs: of System.nanoTime(). */
  public static void tellRenewed(String lease, long deadlineNs) {
    var renewed = Json.object().add("event", "renewed").add("lease", lease).add("t", Protocol.now());
    Protocol.say(renewed.add("deadlineNs", Long.toString(deadlineNs)));
  }

  /** Answers until its input ends, and ends the process. */
  public static void serve(Subject subject) throws Exception {
    Protocol.serve(subject);
  }

  private Holdfast() {}
}
