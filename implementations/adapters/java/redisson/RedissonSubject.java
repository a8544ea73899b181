import com.eclipsesource.json.*;
import holdfast.Holdfast;
import holdfast.Holdfast.*;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.*;
import org.redisson.config.Config;

/**
 * Redisson's locks as Holdfast tests them, by option: RLock, fair, RFencedLock, read-write. With a leaseTime, as its
 * documentation has it: "lock is released automatically after leaseTime interval"; it names this length and no moment. An
 * owner is a thread: "other threads can't unlock it", by an IllegalMonitorStateException.
 */
final class RedissonSubject implements Subject {
  private RedissonClient redisson;
  private String kind;

  public JsonObject connect(JsonObject hello) {
    kind = hello.get("options").asObject().getString("kind", "plain");
    var server = hello.get("endpoints").asArray().get(0).asObject();
    var config = new Config();
    config.useSingleServer()
        .setAddress("redis://" + server.getString("host", "") + ":" + server.getInt("port", 0))
        // It opens 24 connections to begin with: too many for as many workers as a run may have.
        .setConnectionMinimumIdleSize(2);
    if (server.get("password") != null) config.setUsername(server.getString("username", null));
    if (server.get("password") != null) config.setPassword(server.getString("password", null));
    redisson = Redisson.create(config);
    var features = Json.array("abort", "held");
    if (kind.equals("fenced")) features.add("fence");
    if (kind.equals("read-write")) features.add("shared");
    var about = Json.object().add("name", "redisson " + kind).add("libraryVersion", "4.7.0");
    return about.add("owner", "thread").add("features", features);
  }

  private RLock lockOf(Ask ask) {
    return switch (kind) {
      case "fair" -> redisson.getFairLock(ask.key());
      case "fenced" -> redisson.getFencedLock(ask.key());
      case "read-write" -> {
        var both = redisson.getReadWriteLock(ask.key());
        yield ask.mode().equals("shared") ? both.readLock() : both.writeLock();
      }
      default -> redisson.getLock(ask.key());
    };
  }

  public Grant acquire(Ask ask) throws Exception {
    var lock = lockOf(ask);
    var said = Json.object().add("deadline", "documented").add("leaseMs", ask.leaseMs());
    if (lock instanceof RFencedLock fenced) {
      var token = fenced.tryLockAndGetToken(ask.waitMs(), ask.leaseMs(), TimeUnit.MILLISECONDS);
      if (token == null) throw refused(ask);
      return new Grant(lock, said.add("fence", token.toString()));
    }
    if (!lock.tryLock(ask.waitMs(), ask.leaseMs(), TimeUnit.MILLISECONDS)) throw refused(ask);
    return new Grant(lock, said);
  }

  private static Refused refused(Ask ask) {
    return new Refused(ask.waitMs() > 0 ? "timeout" : "busy", "definite", "tryLock: false");
  }

  public String release(Object handle) throws Exception {
    try {
      ((RLock) handle).unlock();
      return "released";
    } catch (IllegalMonitorStateException notOurs) {
      throw Holdfast.lost(notOurs.getMessage());
    }
  }

  public boolean held(Object handle) {
    return ((RLock) handle).isHeldByCurrentThread();
  }

  public static void main(String[] args) throws Exception {
    Holdfast.serve(new RedissonSubject());
  }
}
