import com.eclipsesource.json.*;
import holdfast.Holdfast;
import holdfast.Holdfast.*;
import java.time.Duration;
import java.util.Optional;
import net.javacrumbs.shedlock.core.*;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * ShedLock on PostgreSQL as Holdfast tests it: JdbcTemplateLockProvider with the time of the database, as its documentation
 * recommends, and the table that it gives, with room for longer names.
 *
 * <p>Its documentation: lockAtMostFor "specifies how long the lock should be kept in case the executing node dies"; "if the
 * task takes longer than lockAtMostFor the resulting behavior may be unpredictable (more than one process will effectively
 * hold the lock)". A length and no moment. It never waits: who wants to asks again.
 */
final class ShedLockSubject implements Subject {
  private static final long ASK_EVERY_MS = 50;
  private static final String TABLE = "CREATE TABLE IF NOT EXISTS shedlock (name VARCHAR(1000) NOT NULL, lock_until TIMESTAMP"
      + " NOT NULL, locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, PRIMARY KEY (name))";

  private static final class Held {
    SimpleLock lock;
    final Duration length;

    Held(SimpleLock lock, Duration length) {
      this.lock = lock;
      this.length = length;
    }
  }

  private LockProvider provider;

  public JsonObject connect(JsonObject hello) {
    var server = hello.get("endpoints").asArray().get(0).asObject();
    var source = new PGSimpleDataSource();
    source.setServerNames(new String[] {server.getString("host", "")});
    source.setPortNumbers(new int[] {server.getInt("port", 0)});
    source.setUser(server.getString("username", "postgres"));
    source.setPassword(server.getString("password", null));
    source.setDatabaseName(server.getString("database", "postgres"));
    var template = new JdbcTemplate(source);
    // Of several that make it at once, PostgreSQL lets one.
    for (int tries = 0; tries < 3; tries++) {
      try {
        template.execute(TABLE);
        break;
      } catch (RuntimeException atOnce) {
        System.err.println(atOnce.getMessage());
      }
    }
    provider = new JdbcTemplateLockProvider(
        JdbcTemplateLockProvider.Configuration.builder().withJdbcTemplate(template).usingDbTime().build());
    var about = Json.object().add("name", "shedlock").add("libraryVersion", "7.2.1");
    return about.add("owner", "lease").add("features", Json.array("abort", "extend"));
  }

  public Grant acquire(Ask ask) throws Exception {
    var length = Duration.ofMillis(ask.leaseMs());
    var until = System.nanoTime() + ask.waitMs() * 1_000_000;
    for (;;) {
      var wanted = new LockConfiguration(ClockProvider.now(), ask.key(), length, Duration.ZERO);
      Optional<SimpleLock> lock = provider.lock(wanted);
      if (lock.isPresent()) return new Grant(new Held(lock.get(), length), said(ask.leaseMs()));
      if (System.nanoTime() >= until)
        throw new Refused(ask.waitMs() > 0 ? "timeout" : "busy", "definite", "lock: empty");
      Thread.sleep(ASK_EVERY_MS);
    }
  }

  private static JsonObject said(long leaseMs) {
    return Json.object().add("deadline", "documented").add("leaseMs", leaseMs);
  }

  /** It says "done": unlock does not tell whether the lock was still held. */
  public String release(Object handle) {
    ((Held) handle).lock.unlock();
    return "done";
  }

  public JsonObject extend(Object handle) throws Exception {
    var held = (Held) handle;
    held.lock = held.lock.extend(held.length, Duration.ZERO).orElseThrow(() -> Holdfast.lost("extend: empty"));
    return said(held.length.toMillis());
  }

  public static void main(String[] args) throws Exception {
    Holdfast.serve(new ShedLockSubject());
  }
}
